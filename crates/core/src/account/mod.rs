//! The account: who a user is, and the values that a profile is made of.

pub mod country;
pub mod email;
mod envelope;
pub mod name;
pub mod password;
pub mod phone;
mod profile;
mod user;

pub use envelope::Envelope;
pub use profile::Profile;
pub use user::{Account, Registration, User};
