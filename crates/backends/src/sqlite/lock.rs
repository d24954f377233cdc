//! Lock that allows only one process to serve a database. Other processes can still run commands on it.

use std::{
    fs::{File, TryLockError},
    io,
    path::{Path, PathBuf},
};

use super::connection::private;

/// Lock of the serving process. The operating system releases it when the process exits, for any reason.
#[derive(Debug)]
pub struct ServeLock {
    _file: File,
}

/// Reason why this process cannot serve.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another process is serving the database.
    #[error("another process is already serving {}: stop it, or set another DATA_DIR", path.display())]
    AlreadyServed {
        /// Path of the database.
        path: PathBuf,
    },
    /// The lock file cannot be opened or locked.
    #[error("cannot create or lock {}; its folder must be writable for the user of the server", path.display())]
    Io {
        /// Path of the lock file.
        path: PathBuf,
        #[source]
        source: io::Error,
    },
}

impl ServeLock {
    /// Acquires the lock of a database: the file `<database>.lock`, which remains after the lock is released.
    ///
    /// # Errors
    /// Returns [`LockError`] if another process holds the lock or the file cannot be opened.
    pub fn acquire(database: &Path) -> Result<Self, LockError> {
        // Different paths of the same database must use the same lock.
        let database = database.canonicalize().unwrap_or_else(|_| database.to_owned());
        let mut name = database.clone().into_os_string();
        name.push(".lock");
        let path = PathBuf::from(name);
        let failed = |source| LockError::Io { path: path.clone(), source };
        let file = private().write(true).create(true).truncate(false).open(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(LockError::AlreadyServed { path: database }),
            Err(TryLockError::Error(source)) => Err(failed(source)),
        }
    }
}
