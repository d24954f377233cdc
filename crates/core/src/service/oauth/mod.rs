//! Operations for services that use tokens: introspection and revocation.

mod authenticate;
mod introspect;
mod revoke;

pub use introspect::{LiveToken, TokenKind};

use std::ops::Deref;

use crate::service::Scope;

/// The OAuth 2.0 operations.
#[derive(Debug, Clone, Copy)]
pub struct OAuth<'a>(Scope<'a>);

impl<'a> Scope<'a> {
    /// Returns the OAuth 2.0 operations for this request.
    #[must_use]
    pub const fn oauth(self) -> OAuth<'a> {
        OAuth(self)
    }
}

impl<'a> Deref for OAuth<'a> {
    type Target = Scope<'a>;

    fn deref(&self) -> &Scope<'a> {
        &self.0
    }
}
