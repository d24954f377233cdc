//! Redis, shared by the processes of a deployment: client limits, sealed copies of accounts, and notifications that
//! the change log has grown. Redis is only a cache. Without it, each process counts limits separately, accounts are
//! read from the store, and other processes learn of changes from the change log alone.

mod accounts;
mod breaker;
mod client;
mod counters;
mod dial;
mod fault;
mod keeper;
mod script;
mod url;

pub use client::Redis;
pub use counters::RedisCounters;
pub use url::{Settings, SettingsError, check};
