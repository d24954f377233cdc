//! Argon2id on a pool of threads. Memory, waiting and the cost of a stored hash are bounded.

mod arena;
mod argon;
mod pool;
mod queue;
mod worker;

pub use pool::{HashPool, Settings, StartError};
