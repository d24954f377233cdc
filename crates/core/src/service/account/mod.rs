//! Operations on accounts: registration, verification, password reset, phone verification, profile, password, address,
//! export and deletion.

mod accept;
mod activate;
mod create;
mod delete;
mod edit;
mod email_change;
mod email_request;
mod export;
mod first_owner;
mod password;
mod password_removal;
mod password_reset;
mod phone;
mod phone_change;
mod reject;
mod resend;
mod reservations;
mod secure;
mod signin_code;
mod undo;
mod undo_factor;
mod undo_password;
mod verify;

pub use create::{CreateForm, Created};
pub use edit::{Expected, ProfilePatch};
pub use export::{Export, ExportedChange};
pub use signin_code::SigninCodeRequest;
pub use undo::{Undo, Undoable};
pub use verify::{OpenedLink, Verified};

pub(in crate::service) use delete::ERASURE_LOST;

use std::ops::Deref;

use crate::service::Scope;

/// Operations on accounts.
#[derive(Debug, Clone, Copy)]
pub struct Accounts<'a>(Scope<'a>);

impl<'a> Scope<'a> {
    /// Returns the operations on accounts.
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
