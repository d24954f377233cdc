//! What can go wrong, in SQLite's terms and in the port's.

use std::{io, path::PathBuf};

use portcullis_core::port::{CommitError, Precondition, StoreError};
use rusqlite::ErrorCode;

/// Why the database could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file is not there and could not be made.
    #[error("cannot create the database {} (DATABASE_URL names another)", path.display())]
    Create {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A newer version of this program has changed the database.
    #[error(
        "the database {} is of version {found}, and this program knows versions up to {known}: run the newer program, or \
         restore a backup from before it",
        path.display()
    )]
    Newer {
        /// Which.
        path: PathBuf,
        /// The database's version.
        found: u32,
        /// The newest that is known here.
        known: u32,
    },
    /// The file system gives no shared memory, as most network file systems do not.
    #[error("the database {} cannot use a write-ahead log: put it on a local disk", path.display())]
    NoLog {
        /// Which.
        path: PathBuf,
    },
    /// SQLite refused.
    #[error("cannot open the database {}", path.display())]
    Sqlite {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: rusqlite::Error,
    },
    /// The thread that writes could not be started.
    #[error("cannot start the thread that writes to the database")]
    Thread(#[source] io::Error),
}

/// Why a job of the writer's came to nothing.
#[derive(Debug)]
pub(super) enum OpError {
    /// A precondition did not hold.
    Failed(Precondition),
    /// SQLite refused, or what it holds cannot be read.
    Sqlite(rusqlite::Error),
}

impl From<rusqlite::Error> for OpError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl From<OpError> for CommitError {
    fn from(fault: OpError) -> Self {
        match fault {
            OpError::Failed(precondition) => Self::Failed(precondition),
            OpError::Sqlite(error) => store_error(error).into(),
        }
    }
}

/// Fails with this precondition unless it holds.
pub(super) fn require(holds: bool, precondition: Precondition) -> Result<(), OpError> {
    if holds { Ok(()) } else { Err(OpError::Failed(precondition)) }
}

/// Away for now, or a defect.
pub(super) fn store_error(error: rusqlite::Error) -> StoreError {
    if is_passing(&error) { StoreError::Unavailable(error.into()) } else { StoreError::Broken(error.into()) }
}

/// Whether the same could go well a little later: locked by somebody, disk full, disk ill.
pub(super) fn is_passing(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(
            ErrorCode::DatabaseBusy
                | ErrorCode::DatabaseLocked
                | ErrorCode::DiskFull
                | ErrorCode::SystemIoFailure
                | ErrorCode::CannotOpen
                | ErrorCode::FileLockingProtocolFailed
                | ErrorCode::OutOfMemory
        )
    )
}
