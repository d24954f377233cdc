//! Connections: file creation and connection settings.

use std::{
    fs::{self, OpenOptions},
    io::{self, ErrorKind},
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use rusqlite::{Connection, ErrorCode, OpenFlags, config::DbConfig};

use super::{error::OpenError, fault::Fault, migrate};

/// Default time to wait for a lock of another process.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);
/// Maximum file size for which all pages are checked at startup.
const SMALL: u64 = 64 << 20;
/// Capacity of the statement cache. Larger than the number of statements.
const STATEMENTS: usize = 256;

/// Creates the file if it is missing, readable only by its owner. SQLite gives the write-ahead log and the shared
/// memory file the same mode. An existing file is not opened, because closing a second handle would release SQLite's
/// locks.
pub(super) fn create(path: &Path) -> Result<PathBuf, OpenError> {
    let failed = |source| OpenError::Create { path: path.to_owned(), source };
    // An absolute path cannot be interpreted as a URI and does not depend on the working directory.
    let path = std::path::absolute(path).map_err(failed)?;
    match private().write(true).create_new(true).open(&path) {
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::AlreadyExists => warn_if_open_to_others(&path).map_err(failed)?,
        Err(error) => return Err(failed(error)),
    }
    Ok(path)
}

/// Opens the write connection.
pub(super) fn writer(path: &Path, patience: Duration) -> Result<Connection, OpenError> {
    let failed = |source| OpenError::of(path, source);
    let db = open(path, patience).map_err(failed)?;
    // SQLite falls back to read-only if the file is not writable, and reports it only on the first write.
    if db.is_readonly("main").map_err(failed)? {
        return Err(OpenError::unusable(path, Fault::ReadOnly, "it could only be opened for reading"));
    }
    // Checked before anything is changed, because the file may belong to another program.
    migrate::pending(path, &db)?;
    let mode = turn_log_on(&db, patience).map_err(failed)?;
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

/// Opens a read-only connection.
pub(super) fn reader(path: &Path, patience: Duration) -> Result<Connection, OpenError> {
    let failed = |source| OpenError::of(path, source);
    let db = open(path, patience).map_err(failed)?;
    db.execute_batch("PRAGMA query_only = ON; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -4096;")
        .map_err(failed)?;
    Ok(db)
}

/// Writes to the disk without changing data. A full disk or missing permission is only noticed on a write.
pub(super) fn trial(db: &Connection) -> rusqlite::Result<()> {
    let version: i64 = db.pragma_query_value(None, "user_version", |row| row.get(0))?;
    db.pragma_update(None, "user_version", version)
}

/// Checks for corruption if the database is small enough to be read quickly.
pub(super) fn check_pages(path: &Path, db: &Connection) -> Result<(), OpenError> {
    let failed = |source| OpenError::of(path, source);
    let is_small = path.metadata().is_ok_and(|metadata| metadata.len() <= SMALL);
    if !is_small {
        return Ok(());
    }
    let found: String = db.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)).map_err(failed)?;
    if found == "ok" { Ok(()) } else { Err(OpenError::unusable(path, Fault::Damaged, found)) }
}

/// Enables the write-ahead log and returns the journal mode. SQLite does not wait for a lock if several processes do
/// this at the same time.
fn turn_log_on(db: &Connection, patience: Duration) -> rusqlite::Result<String> {
    let begun = Instant::now();
    loop {
        match db.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0)) {
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) && begun.elapsed() < patience => {
                thread::sleep(Duration::from_millis(10));
            }
            done => return done,
        }
    }
}

fn open(path: &Path, patience: Duration) -> rusqlite::Result<Connection> {
    // A connection is used by one thread at a time, so SQLite's own mutexes are not needed.
    let db = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    db.busy_timeout(patience)?;
    // Otherwise a statement is compiled again whenever a bound value may decide whether a partial index applies.
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    db.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(db)
}

/// Returns options for files that only their owner can read.
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
        tracing::warn!(path = %path.display(), mode = format!("{mode:03o}"), "the database is accessible to other users: chmod 600");
    }
    Ok(())
}

#[cfg(not(unix))]
fn warn_if_open_to_others(path: &Path) -> io::Result<()> {
    fs::metadata(path).map(drop)
}
