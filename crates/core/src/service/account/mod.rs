//! Verbs of accounts: registration, verification, password reset, phone verification, profile, password and deletion.

mod activate;
mod create;
mod delete;
mod edit;
mod password;
mod password_reset;
mod phone;
mod reject;
mod resend;
mod verify;

pub use create::{CreateForm, Created};
pub use edit::{Expected, ProfilePatch};
pub use verify::{OpenedLink, Verified};

use std::ops::Deref;

use crate::service::Scope;

/// The verbs of accounts.
#[derive(Debug, Clone, Copy)]
pub struct Accounts<'a>(Scope<'a>);

impl<'a> Scope<'a> {
    /// Returns the verbs of accounts.
    #[must_use]
    pub const fn accounts(self) -> Accounts<'a> {
        Accounts(self)
    }
}

impl<'a> Deref for Accounts<'a> {
    type Target = Scope<'a>;

    fn deref(&self) -> &Scope<'a> {
        &self.0
    }
}
