//! Backends: storage, password hashing and delivery. Each module implements core ports and does not depend on other
//! modules.

pub mod dev_mailbox;
pub mod fetch;
pub mod hash;
pub mod mail;
pub mod memory;
#[cfg(feature = "mongodb")]
pub mod mongodb;
#[cfg(feature = "redis")]
pub mod redis;
pub mod sms;
pub mod sqlite;
mod timing;
