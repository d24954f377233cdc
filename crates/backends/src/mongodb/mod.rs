//! The MongoDB store (replica set).
//!
//! A batch is a transaction with majority write concern, and is retried as a whole after a conflict. A precondition also writes
//! to the document that it checks: otherwise snapshot isolation would let two batches succeed of which one checks and the other
//! changes the document (write skew).

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
pub use migrate::{Migration, migrate, plan, schema_version};
pub use store::MongoStore;
