//! What a process remembers by itself, within bounds: sessions seen alive or ended, accounts read lately.

mod accounts;
mod key;
mod revocations;

pub use accounts::MemoryAccounts;
pub use revocations::MemoryRevocations;
