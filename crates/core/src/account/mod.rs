//! Accounts: users, registrations, and the values of a profile.

pub mod attributes;
pub mod country;
pub mod email;
mod envelope;
pub mod locale;
pub mod name;
pub mod password;
pub mod phone;
mod profile;
mod succession;
mod user;

pub use envelope::Envelope;
pub use profile::Profile;
pub use succession::Succession;
pub use user::{Account, Registration, User};
