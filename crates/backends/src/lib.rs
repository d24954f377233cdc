//! How Portcullis stores, hashes and sends. Each module fills a port of the core and knows none of the others.

pub mod dev_mailbox;
pub mod hash;
pub mod mail;
pub mod memory;
#[cfg(feature = "mongodb")]
pub mod mongodb;
pub mod sms;
pub mod sqlite;
mod timing;
