//! Errors of SQLite, and their meaning for the port.

use std::{
    io,
    path::{Path, PathBuf},
};

use portcullis_core::port::{CommitError, Precondition, StoreError};
use rusqlite::ErrorCode;

use super::fault::Fault;

/// Why the database could not be opened.
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
    /// A newer version of this program has changed the database.
    #[error(
        "the database {} is of version {found}, and this program knows versions up to {known}: run the newer program, or \
         restore a backup from before it",
        path.display()
    )]
    Newer {
        path: PathBuf,
        /// The database's version.
        found: u32,
        /// The newest version that this program knows.
        known: u32,
    },
    /// The file belongs to another program.
    #[error("the database {} belongs to another program; set DATABASE_URL to another file", path.display())]
    Foreign { path: PathBuf },
    /// The file cannot be used in the state in which it is.
    #[error("the database {} cannot be used: {fault} ({why})", path.display())]
    Unusable {
        path: PathBuf,
        /// What is wrong.
        fault: Fault,
        /// The words of SQLite.
        why: String,
    },
    /// The file system has no shared memory, like most network file systems.
    #[error("the database {} cannot use a write-ahead log: put it on a local disk", path.display())]
    NoLog { path: PathBuf },
    #[error("cannot open the database {}", path.display())]
    Sqlite {
        path: PathBuf,
        #[source]
        source: rusqlite::Error,
    },
    /// The writer thread cannot be started.
    #[error("cannot start the thread that writes to the database")]
    Thread(#[source] io::Error),
}

impl OpenError {
    /// Returns the meaning of an error while the database is opened.
    pub(super) fn of(path: &Path, source: rusqlite::Error) -> Self {
        match Fault::of(&source) {
            Some(fault) => Self::unusable(path, fault, source.to_string()),
            None => Self::Sqlite { path: path.to_owned(), source },
        }
    }

    /// Says what is wrong with the file.
    pub(super) fn unusable(path: &Path, fault: Fault, why: impl Into<String>) -> Self {
        Self::Unusable { path: path.to_owned(), fault, why: why.into() }
    }
}

/// Why an operation failed.
#[derive(Debug)]
pub(super) enum OpError {
    /// A precondition did not hold.
    Failed(Precondition),
    /// SQLite failed, or a stored value cannot be read.
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

/// Returns the port's error: unavailable for now, or a defect.
pub(super) fn store_error(error: rusqlite::Error) -> StoreError {
    if is_passing(&error) { StoreError::Unavailable(error.into()) } else { StoreError::Broken(error.into()) }
}

/// Whether the error is that of the file or the machine, which an operator can end, and no defect.
pub(super) fn is_passing(error: &rusqlite::Error) -> bool {
    Fault::of(error).is_some() || error.sqlite_error_code() == Some(ErrorCode::OutOfMemory)
}
