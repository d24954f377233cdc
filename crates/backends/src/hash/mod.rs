//! Argon2id on a thread pool, with bounded memory, bounded waiting time and a bounded cost of stored hashes.

mod arena;
mod argon;
mod pool;
mod queue;
mod worker;

pub use pool::{HashPool, Settings, StartError};
