//! Redis, which the processes of a deployment share: uses of limits by clients, sealed copies of accounts, and the notice that
//! the change log has grown. It is never the truth. Whatever happens to it, limits are counted by each process, accounts are
//! read from the store, and changes are felt by the change log alone.

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
