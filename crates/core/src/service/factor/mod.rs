//! Operations on second factors: listing, adding and removing them, and managing trusted devices.

mod addition;
mod devices;
mod enrol;
mod other_domains;
mod passkey_registration;
mod passkeys;
mod recovery;
mod remove;
mod sms;
mod status;
mod switch;

pub use enrol::{Confirmed, EnrolmentOffer, Enrols};
pub use other_domains::passkeys_of_other_domains;
pub use passkey_registration::{AddedPasskey, CreationOffer};
pub use sms::AddedSms;
pub use status::{FactorStatus, ListedRecoveryCodes};
pub use switch::Switched;

use std::ops::Deref;

use crate::service::Scope;

/// Operations on second factors.
#[derive(Debug, Clone, Copy)]
pub struct SecondFactors<'a>(Scope<'a>);

impl<'a> Scope<'a> {
    /// Returns the operations on second factors.
    #[must_use]
    pub const fn second_factors(self) -> SecondFactors<'a> {
        SecondFactors(self)
    }
}

impl<'a> Deref for SecondFactors<'a> {
    type Target = Scope<'a>;

    fn deref(&self) -> &Scope<'a> {
        &self.0
    }
}
