//! The lock that lets one process serve from a database. Others may run commands on it meanwhile.

use std::{
    fs::{File, TryLockError},
    io,
    path::{Path, PathBuf},
};

use super::connection::private;

/// Lock of the serving process. The system releases it when the process ends, in any way.
#[derive(Debug)]
pub struct ServeLock {
    _file: File,
}

/// Why this process cannot serve.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another process serves from the database.
    #[error("another process serves from {} already: stop it, or set another DATA_DIR", path.display())]
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
    /// Takes the lock of this database: the file `<database>.lock`, which stays when the lock is released.
    ///
    /// # Errors
    /// [`LockError`].
    pub fn acquire(database: &Path) -> Result<Self, LockError> {
        // Different paths of a database must give the same lock.
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
