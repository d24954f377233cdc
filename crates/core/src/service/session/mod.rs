//! Operations on sessions: login, refresh, authentication, listing and logout.
//!
//! A login has three stages: *prove* an identity, *step* to a second factor if one is required, *open* the session. A
//! new login method only needs its own first stage.

mod authenticate;
mod browser;
mod end;
mod list;
mod login;
mod logout;
mod mailed_code;
mod new_device;
mod open;
mod passkey;
mod passkey_factor;
mod prove;
mod refresh;
mod renewal;
mod second_factor;
mod step;
mod step_up;

pub use list::ListedSessions;
pub use login::{Credentials, LoginOutcome};
pub use mailed_code::SigninLink;
pub(in crate::service) use open::ProvedLogin;
pub use open::{Entry, LoggedIn, Tokens};
pub use passkey::{PasskeyOutcome, PasskeyRequest};
pub use passkey_factor::FactorRequest;
pub use second_factor::{Completed, Completion};
pub(in crate::service) use step::FirstProof;
pub use step::SecondFactor;
pub use step_up::{StepUp, Stepped, SteppedUp};

use std::ops::Deref;

use crate::service::Scope;

/// Operations on sessions.
#[derive(Debug, Clone, Copy)]
pub struct Sessions<'a>(Scope<'a>);

impl<'a> Scope<'a> {
    /// Returns the operations on sessions.
    #[must_use]
    pub const fn sessions(self) -> Sessions<'a> {
        Sessions(self)
    }
}

impl<'a> Deref for Sessions<'a> {
    type Target = Scope<'a>;

    fn deref(&self) -> &Scope<'a> {
        &self.0
    }
}
