//! Verbs of accounts: registration, verification, password reset, phone verification and deletion.

mod activate;
mod create;
mod delete;
mod password_reset;
mod phone;
mod reject;
mod resend;
mod verify;

pub use create::{CreateForm, Created};
pub use verify::Verified;

use std::ops::Deref;

use crate::service::Scope;

/// The verbs of accounts.
#[derive(Debug, Clone, Copy)]
pub struct Accounts<'a>(pub(super) Scope<'a>);

impl<'a> Deref for Accounts<'a> {
    type Target = Scope<'a>;

    fn deref(&self) -> &Scope<'a> {
        &self.0
    }
}
