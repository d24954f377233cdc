//! Connections: creating the file, and opening it with the right settings.

use std::{
    fs::{self, OpenOptions},
    io::{self, ErrorKind},
    path::{Path, PathBuf},
    time::Duration,
};

use rusqlite::{Connection, OpenFlags};

use super::error::OpenError;

/// How long a connection waits while another process holds a lock, by default.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);
/// Capacity for prepared statements, more than there are.
const STATEMENTS: usize = 64;

/// Creates the file if it is missing, readable by its owner only. SQLite gives the log and the shared memory the same mode. An
/// existing file is not opened: closing a second handle would drop the locks that SQLite holds.
pub(super) fn create(path: &Path) -> Result<PathBuf, OpenError> {
    let failed = |source| OpenError::Create { path: path.to_owned(), source };
    // Absolute, so that no name reads as a URI and a later change of directory does not matter.
    let path = std::path::absolute(path).map_err(failed)?;
    match private().write(true).create_new(true).open(&path) {
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::AlreadyExists => warn_if_open_to_others(&path).map_err(failed)?,
        Err(error) => return Err(failed(error)),
    }
    Ok(path)
}

/// Opens the connection that writes.
pub(super) fn writer(path: &Path, patience: Duration) -> Result<Connection, OpenError> {
    let failed = |source| OpenError::Sqlite { path: path.to_owned(), source };
    let db = open(path, patience).map_err(failed)?;
    let mode: String = db.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0)).map_err(failed)?;
    if mode != "wal" {
        return Err(OpenError::NoLog { path: path.to_owned() });
    }
    db.execute_batch(
        "PRAGMA synchronous = FULL;
         PRAGMA fullfsync = ON;
         PRAGMA secure_delete = ON;
         PRAGMA foreign_keys = OFF;
         PRAGMA temp_store = MEMORY;
         PRAGMA cache_size = -16384;
         PRAGMA wal_autocheckpoint = 2000;
         PRAGMA journal_size_limit = 67108864;",
    )
    .map_err(failed)?;
    Ok(db)
}

/// Opens a connection that only reads.
pub(super) fn reader(path: &Path, patience: Duration) -> Result<Connection, OpenError> {
    let failed = |source| OpenError::Sqlite { path: path.to_owned(), source };
    let db = open(path, patience).map_err(failed)?;
    db.execute_batch("PRAGMA query_only = ON; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -4096;")
        .map_err(failed)?;
    Ok(db)
}

fn open(path: &Path, patience: Duration) -> rusqlite::Result<Connection> {
    // One thread uses a connection at a time, so SQLite need not lock it.
    let db = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    db.busy_timeout(patience)?;
    db.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(db)
}

/// Returns options for files that only their owner may read.
#[cfg(unix)]
pub(super) fn private() -> OpenOptions {
    use std::os::unix::fs::OpenOptionsExt;
    let mut options = OpenOptions::new();
    options.mode(0o600);
    options
}

#[cfg(not(unix))]
pub(super) fn private() -> OpenOptions {
    OpenOptions::new()
}

#[cfg(unix)]
fn warn_if_open_to_others(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mode = fs::metadata(path)?.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        tracing::warn!(path = %path.display(), mode = format!("{mode:03o}"), "the database is open to other users: chmod 600");
    }
    Ok(())
}

#[cfg(not(unix))]
fn warn_if_open_to_others(path: &Path) -> io::Result<()> {
    fs::metadata(path).map(drop)
}
