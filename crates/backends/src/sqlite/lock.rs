//! One process serves from a database; others may do small work beside it.

use std::{
    fs::{File, TryLockError},
    io,
    path::{Path, PathBuf},
};

use super::connection::private;

/// Held by the process that serves. The system lets go of it when the process ends, however it ends.
#[derive(Debug)]
pub struct ServeLock {
    _file: File,
}

/// Why this process may not serve.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another process does.
    #[error("another process serves from {} already: stop it, or set another DATA_DIR", path.display())]
    AlreadyServed {
        /// From which database.
        path: PathBuf,
    },
    /// The lock file could not be opened or locked.
    #[error("cannot lock {}", path.display())]
    Io {
        /// The lock file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

impl ServeLock {
    /// Takes the lock of this database: the file `<database>.lock`, which stays when the lock is let go.
    ///
    /// # Errors
    /// [`LockError`].
    pub fn acquire(database: &Path) -> Result<Self, LockError> {
        // By whatever way a database is named, its lock is the same.
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
