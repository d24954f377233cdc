//! What a process remembers by itself, within bounds: sessions seen alive or ended, accounts read lately, what
//! clients have done lately.

mod accounts;
mod counters;
mod key;
mod sessions;

pub use accounts::MemoryAccounts;
pub use counters::MemoryCounters;
pub use sessions::MemorySessions;
