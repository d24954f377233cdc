//! Bounded caches and counters in memory: sessions, accounts, and limits of clients.

mod accounts;
mod counters;
mod freshness;
mod key;
mod sessions;

pub use accounts::MemoryAccounts;
pub use counters::MemoryCounters;
pub use sessions::MemorySessions;
