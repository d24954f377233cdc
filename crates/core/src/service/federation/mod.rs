//! Sign-in with other providers: resolving verified accounts to users, and managing linked identities.

mod arrive;
mod browser;
mod code;
mod complete;
mod completion;
mod discover;
mod identities;
mod join;
mod link;
mod native;
mod pending;
mod start;

pub use browser::{Begun, Callback, OpenFlow, Question, Returned};
pub use complete::Completing;
pub use completion::{CompletionFields, CompletionForm};
pub use native::Exchange;

use std::ops::Deref;

use crate::{federation::Provider, service::Scope};

/// The operations of sign-in with other providers.
#[derive(Debug, Clone, Copy)]
pub struct Federation<'a>(Scope<'a>);

impl<'a> Scope<'a> {
    /// Returns the operations of sign-in with other providers.
    #[must_use]
    pub const fn federation(self) -> Federation<'a> {
        Federation(self)
    }
}

impl<'a> Deref for Federation<'a> {
    type Target = Scope<'a>;

    fn deref(&self) -> &Scope<'a> {
        &self.0
    }
}

impl<'a> Federation<'a> {
    /// Returns the providers of the realm in display order.
    #[must_use]
    pub fn providers(&self) -> &'a [Provider] {
        &self.0.realm.policy.providers
    }

    /// Returns the provider with this name, if it is enabled in the realm.
    #[must_use]
    pub fn provider(&self, name: &str) -> Option<&'a Provider> {
        self.0.provider(name)
    }
}
