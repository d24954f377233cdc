//! The store in a MongoDB replica set.
//!
//! A batch is a transaction, committed by a majority of the set, and tried again as a whole if it conflicts with another one.
//! A precondition writes to the document that it reads, so that of two batches of which one reads and the other writes it, only
//! one succeeds: snapshot isolation alone would let both succeed.

mod batch;
mod collections;
mod connect;
mod error;
mod fields;
mod indexes;
mod key_locks;
mod migrate;
mod orphans;
mod store;
mod url;
mod work;

pub use connect::{Settings, check_url};
pub use error::OpenError;
pub use migrate::{Migration, migrate};
pub use store::MongoStore;
