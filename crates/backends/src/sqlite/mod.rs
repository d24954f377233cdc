//! The store in one SQLite file.
//!
//! One thread writes: it gathers what waits into one transaction, so that many commits share one flush to the disk. A few
//! connections read beside it. Several processes may have the file open; only one may serve from it ([`ServeLock`]).

mod connection;
mod error;
mod lock;
mod migrate;
mod readers;
mod row;
mod store;
mod table;
mod tables;
mod writer;

pub use error::OpenError;
pub use lock::{LockError, ServeLock};
pub use migrate::{Migration, migrate};
pub use store::SqliteStore;
pub use tables::statements;
