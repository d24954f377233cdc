//! SQLite errors, and their mapping to port errors.

use std::{
    io,
    path::{Path, PathBuf},
};

use portcullis_core::port::{CommitError, Precondition, StoreError};
use rusqlite::ErrorCode;

use super::fault::Fault;

/// Reason why the database could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file is missing and cannot be created.
    #[error(
        "cannot create the database {}: create its folder, writable for the user of the server, or set DATABASE_URL to \
         another file",
        path.display()
    )]
    Create {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    /// The database was migrated by a newer version of this program.
    #[error(
        "the database {} has schema version {found}, but this program supports versions up to {known}: run the newer program, or \
         restore a backup from before the upgrade",
        path.display()
    )]
    Newer {
        path: PathBuf,
        /// Schema version of the database.
        found: u32,
        /// Newest schema version that this program supports.
        known: u32,
    },
    /// The database has an older schema. Only the server or `portcullis migrate` may change it.
    #[error(
        "the database {} has an older schema, and commands do not migrate the database: start this version of the server, \
         or run `portcullis migrate`",
        path.display()
    )]
    Older { path: PathBuf },
    /// The file belongs to another program.
    #[error("the database {} belongs to another program; set DATABASE_URL to another file", path.display())]
    Foreign { path: PathBuf },
    /// The file is not usable in its current state.
    #[error("the database {} cannot be used: {fault} ({why})", path.display())]
    Unusable {
        path: PathBuf,
        /// Kind of problem.
        fault: Fault,
        /// SQLite's error message.
        why: String,
    },
    /// The file system does not support shared memory, as with most network file systems.
    #[error("the database {} cannot use a write-ahead log: put it on a local disk", path.display())]
    NoLog { path: PathBuf },
    #[error("cannot open the database {}", path.display())]
    Sqlite {
        path: PathBuf,
        #[source]
        source: rusqlite::Error,
    },
    /// The writer thread could not be started.
    #[error("cannot start the thread that writes to the database")]
    Thread(#[source] io::Error),
}

impl OpenError {
    /// Returns the error for an SQLite error while opening the database.
    pub(super) fn of(path: &Path, source: rusqlite::Error) -> Self {
        match Fault::of(&source) {
            Some(fault) => Self::unusable(path, fault, source.to_string()),
            None => Self::Sqlite { path: path.to_owned(), source },
        }
    }

    /// Creates the error for an unusable file.
    pub(super) fn unusable(path: &Path, fault: Fault, why: impl Into<String>) -> Self {
        Self::Unusable { path: path.to_owned(), fault, why: why.into() }
    }
}

/// Reason why an operation failed.
#[derive(Debug)]
pub(super) enum OpError {
    /// A precondition did not hold.
    Failed(Precondition),
    /// SQLite failed, or a stored value could not be parsed.
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

/// Returns the precondition as an error unless it holds.
pub(super) fn require(holds: bool, precondition: Precondition) -> Result<(), OpError> {
    if holds { Ok(()) } else { Err(OpError::Failed(precondition)) }
}

/// Returns the port's error: temporarily unavailable, or an internal error.
pub(super) fn store_error(error: rusqlite::Error) -> StoreError {
    if is_passing(&error) { StoreError::Unavailable(error.into()) } else { StoreError::Broken(error.into()) }
}

/// Returns whether the error is caused by the file or the machine and not by a bug, so that an operator can fix it.
pub(super) fn is_passing(error: &rusqlite::Error) -> bool {
    Fault::of(error).is_some() || error.sqlite_error_code() == Some(ErrorCode::OutOfMemory)
}
