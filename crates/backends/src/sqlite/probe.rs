//! Startup checks that create and change nothing.

use std::path::{Path, PathBuf};

use portcullis_core::port::RootKeyRow;
use rusqlite::{Connection, OpenFlags};
use rustix::fs::{Access, access, statvfs};

use super::{
    connection::check_pages,
    error::OpenError,
    fault::Fault,
    migrate::{Migration, all, pending},
    tables::keys::root_keys,
};

/// Minimum free disk space for startup.
const ROOM: u64 = 1 << 20;

/// Checks an existing database: permissions, version, application, pages and free disk space. A database locked by
/// another process is in use and therefore considered usable. Returns its root keys, which startup must be able to
/// unwrap.
///
/// # Errors
/// Returns the [`OpenError`] that startup would return.
pub fn probe(path: &Path) -> Result<Vec<RootKeyRow>, OpenError> {
    if !path.exists() {
        return Ok(Vec::new());
    }
    let folder = path.parent().unwrap_or(path);
    for (place, allowed) in [(path, Access::READ_OK | Access::WRITE_OK), (folder, Access::WRITE_OK)] {
        access(place, allowed).map_err(|error| OpenError::unusable(path, Fault::ReadOnly, error.to_string()))?;
    }
    if statvfs(folder).is_ok_and(|disk| disk.f_bavail.saturating_mul(disk.f_frsize) < ROOM) {
        return Err(OpenError::unusable(path, Fault::Full, "less than 1 MiB is left"));
    }
    let looked = open(path).map_err(|source| OpenError::of(path, source)).and_then(|db| {
        let is_new = pending(path, &db)?.iter().any(|step| step.version == 1);
        check_pages(path, &db)?;
        if is_new { Ok(Vec::new()) } else { root_keys(&db).map_err(|source| OpenError::of(path, source)) }
    });
    match looked {
        Err(OpenError::Unusable { fault: Fault::Locked, .. }) => Ok(Vec::new()),
        looked => looked,
    }
}

/// Returns the migrations that the next start applies, without changing anything.
///
/// # Errors
/// Returns the [`OpenError`] that startup would return.
pub fn plan(path: &Path) -> Result<Vec<Migration>, OpenError> {
    if !path.exists() {
        return Ok(all());
    }
    let db = open(path).map_err(|source| OpenError::of(path, source))?;
    pending(path, &db)
}

/// Opens the file read-only. If there is no write-ahead log, the file is opened as immutable, because SQLite would
/// otherwise create one.
fn open(path: &Path) -> rusqlite::Result<Connection> {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    if PathBuf::from(log).exists() {
        return Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX);
    }
    let escaped = path.to_string_lossy().replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
    Connection::open_with_flags(format!("file:{escaped}?immutable=1"), flags)
}
