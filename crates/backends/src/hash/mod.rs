//! Argon2id on threads of its own: slow on purpose, bounded in memory, in waiting and in what a stored hash may ask for.

mod arena;
mod argon;
mod pool;
mod queue;
mod worker;

pub use pool::{HashPool, Settings, StartError};
