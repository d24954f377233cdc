//! The account: who a user is, and the values that a profile is made of.

pub mod country;
pub mod email;
pub mod name;
pub mod password;
pub mod phone;
mod user;

pub use user::{Account, Profile, Registration, User, Vault};
