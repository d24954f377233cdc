//! Second factors: passkeys, authenticator apps, SMS, recovery codes, trusted devices, and the tickets between the
//! two steps of a login.

mod code;
mod held;
mod listed;
mod method;
mod name;
pub mod passkey;
mod recovery_code;
mod set;
mod sms;
mod ticket;
mod totp;
mod trusted_device;

pub use code::FactorCode;
pub use held::Held;
pub use listed::{ListedDevice, ListedFactor, ListedPasskey};
pub use method::{Method, MfaPolicy};
pub use name::FactorName;
pub use recovery_code::{NewRecoveryCodes, RecoveryCodes};
pub use set::Factors;
pub use sms::SmsFactor;
pub use ticket::{AddedFactor, EnrolmentNote, TicketNote, TicketPurpose};
pub use totp::{MAX_TOTP, TotpFactor, TotpSecret};
pub use trusted_device::TrustedDevice;
