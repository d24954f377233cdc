//! The SQLite store.
//!
//! A single thread writes. It groups queued commits into one transaction, so that they share one flush to disk.
//! Several connections read concurrently. Several processes can open the file, but only one may serve it
//! ([`ServeLock`]).

mod connection;
mod error;
mod fault;
mod health;
mod job;
mod lock;
mod migrate;
mod probe;
mod readers;
mod row;
mod store;
mod table;
mod tables;
mod watch;
mod writer;

pub use error::OpenError;
pub use fault::Fault;
pub use lock::{LockError, ServeLock};
pub use migrate::{Migration, migrate, schema_version};
pub use probe::{plan, probe};
pub use store::SqliteStore;
pub use tables::statements;
