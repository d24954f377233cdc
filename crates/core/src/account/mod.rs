//! Accounts: users, registrations, and the values of a profile.

pub mod attributes;
mod copy;
pub mod country;
pub mod email;
mod envelope;
pub mod locale;
mod lock;
pub mod name;
pub mod password;
mod pending;
pub mod phone;
mod profile;
mod reservation;
mod role;
mod succession;
mod user;
mod verified_phone;

pub(crate) use copy::AccountCopy;
pub use envelope::Envelope;
pub use lock::Lock;
pub use pending::{PendingEmail, PendingPhone};
pub use profile::Profile;
pub(crate) use profile::StoredProfile;
pub use reservation::Reservation;
pub use role::Role;
pub use succession::Succession;
pub use user::{Account, Registration, User};
pub use verified_phone::VerifiedPhone;
