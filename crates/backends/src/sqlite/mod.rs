//! The store in one SQLite file.
//!
//! One thread writes. It gathers waiting commits into one transaction, so that they share one flush to the disk. A few
//! connections read at the same time. Several processes may open the file; only one may serve from it ([`ServeLock`]).

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
pub use migrate::{Migration, migrate};
pub use probe::probe;
pub use store::SqliteStore;
pub use tables::statements;
