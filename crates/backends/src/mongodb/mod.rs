//! The store in a MongoDB replica set.
//!
//! A batch is a transaction, committed by a majority of the set and tried again, whole, when it meets another one. Where a
//! precondition is only looked at, what it looks at is touched, so that two batches of which one looks and the other writes
//! never both succeed: a transaction alone would let them.

mod batch;
mod collections;
mod connect;
mod error;
mod fields;
mod key_locks;
mod migrate;
mod orphans;
mod store;
mod work;

pub use connect::Settings;
pub use error::OpenError;
pub use migrate::{Migration, migrate};
pub use store::MongoStore;
