//! Bounded in-memory caches and counters: sessions, accounts, and client limits.

mod accounts;
mod counters;
mod freshness;
mod key;
mod sessions;

pub use accounts::MemoryAccounts;
pub use counters::MemoryCounters;
pub use sessions::MemorySessions;
