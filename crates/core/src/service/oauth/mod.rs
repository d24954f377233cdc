//! Operations for OpenID Connect clients, and for services that use tokens: introspection and revocation.

mod authenticate;
mod authorize;
mod client_auth;
mod code;
mod consent;
mod end_session;
mod exchange;
mod grants;
mod introspect;
mod marks;
mod origins;
mod refresh;
mod revoke;
mod userinfo;

pub use authorize::{Authorized, ClientAnswer};
pub use client_auth::PresentedClient;
pub use consent::{ConsentSheet, Decision};
pub use end_session::{Returning, SignedOut};
pub use exchange::{ClientTokens, CodeForm, IdToken};
pub use introspect::{LiveToken, TokenKind};
pub use userinfo::UserInfo;

use std::ops::Deref;

use crate::{
    error::{Result, catalogue::OIDC_OFF},
    service::Scope,
};

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

impl OAuth<'_> {
    /// Requires that the realm can have clients.
    ///
    /// # Errors
    /// Returns `NotFound` if it cannot.
    pub fn require_on(&self) -> Result<()> {
        if self.realm.policy.openid.is_possible { Ok(()) } else { Err(OIDC_OFF.into()) }
    }
}

impl<'a> Deref for OAuth<'a> {
    type Target = Scope<'a>;

    fn deref(&self) -> &Scope<'a> {
        &self.0
    }
}
