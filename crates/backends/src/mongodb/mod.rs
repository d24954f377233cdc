//! The MongoDB store (replica set).
//!
//! A batch is a transaction with majority write concern, and is retried as a whole after a conflict. A precondition
//! also writes to the document that it checks. Otherwise snapshot isolation would allow write skew: one batch checks
//! the document while another one changes it, and both succeed.

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
