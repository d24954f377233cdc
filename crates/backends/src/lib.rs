//! Backends: storage, password hashing and delivery. Each module implements core ports and does not depend on other modules.

pub mod dev_mailbox;
pub mod hash;
pub mod mail;
pub mod memory;
#[cfg(feature = "mongodb")]
pub mod mongodb;
pub mod sms;
pub mod sqlite;
mod timing;
