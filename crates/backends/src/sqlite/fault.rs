//! Conditions that make a database file unusable, with instructions for the operator.

use std::fmt;

use rusqlite::{ErrorCode, ffi::SQLITE_READONLY_DBMOVED};

/// Condition of the database file, its folder or its disk that prevents writing. The text contains the fix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The file was removed or replaced while it was open.
    Moved,
    /// The disk is full.
    Full,
    /// The file, its folder or its file system is read-only.
    ReadOnly,
    /// Another process holds the lock for writing.
    Locked,
    /// The file is corrupted or not a database.
    Damaged,
    /// The files cannot be opened, read or written.
    Disk,
}

impl Fault {
    /// Returns the fault that corresponds to an SQLite error, or `None` for other errors.
    pub(super) fn of(error: &rusqlite::Error) -> Option<Self> {
        let extended = error.sqlite_error().map(|error| error.extended_code);
        Some(match error.sqlite_error_code()? {
            ErrorCode::ReadOnly if extended == Some(SQLITE_READONLY_DBMOVED) => Self::Moved,
            ErrorCode::ReadOnly | ErrorCode::PermissionDenied => Self::ReadOnly,
            ErrorCode::DiskFull => Self::Full,
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::FileLockingProtocolFailed => Self::Locked,
            ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => Self::Damaged,
            ErrorCode::SystemIoFailure | ErrorCode::CannotOpen => Self::Disk,
            _ => return None,
        })
    }

    /// Returns whether the fault can be resolved while the server is running.
    pub(super) const fn is_passing(self) -> bool {
        !matches!(self, Self::Damaged)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Moved => "its file was removed or replaced while it was open; restart the server",
            Self::Full => "the disk is full; free space on it",
            Self::ReadOnly => {
                "the file, its folder or the file system is read-only; make them writable for the user of the server"
            }
            Self::Locked => "another process has locked it; end that process, or its transaction",
            Self::Damaged => {
                "its file is corrupted or not an SQLite database; restore a backup, or set DATABASE_URL to another file"
            }
            Self::Disk => {
                "its files cannot be opened, read or written; check the permissions of their folder, and the disk"
            }
        })
    }
}
