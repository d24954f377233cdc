//! All tests of the backends, in one binary.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    unreachable_pub,
    reason = "a test should fail immediately if something is unexpected"
)]

mod fetch;
mod hash;
mod mail;
mod memory;
#[cfg(feature = "mongodb")]
#[path = "../support/mongod.rs"]
mod mongod;
#[cfg(feature = "mongodb")]
mod mongodb;
#[cfg(feature = "mongodb")]
mod mongodb_nodes;
#[cfg(feature = "redis")]
mod redis;
#[cfg(feature = "redis")]
#[path = "../support/redis.rs"]
mod redis_server;
mod sms;
mod sqlite;
