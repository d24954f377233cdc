//! Tracks whether the database is writable, and whether its files are still the ones that were opened.

use std::{
    path::{Path, PathBuf},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use portcullis_core::port::StoreError;
use rusqlite::Connection;

use super::fault::Fault;

/// Health of an open database, as seen by the writer, the readers and the watch thread.
#[derive(Debug)]
pub(super) struct Health {
    path: PathBuf,
    files: Vec<WatchedFile>,
    fault: Mutex<Option<Fault>>,
    /// Whether the transaction contains a trial write.
    has_trial: AtomicBool,
}

/// An open file, identified when it was opened.
#[derive(Debug)]
struct WatchedFile {
    path: PathBuf,
    id: FileId,
}

/// Device and inode number of a file.
type FileId = (u64, u64);

impl Health {
    /// Records the files of a database that was just opened for writing.
    pub(super) fn of(path: &Path) -> Self {
        let files = ["", "-wal", "-shm"].into_iter().filter_map(|end| {
            let mut name = path.as_os_str().to_owned();
            name.push(end);
            let path = PathBuf::from(name);
            file_id(&path).map(|id| WatchedFile { path, id })
        });
        Self {
            path: path.to_owned(),
            files: files.collect(),
            fault: Mutex::default(),
            has_trial: AtomicBool::new(false),
        }
    }

    /// Returns the current fault, if any.
    pub(super) fn fault(&self) -> Option<Fault> {
        *self.state()
    }

    /// Checks that each path still refers to the open file. Otherwise writes would go to a file that is lost when the
    /// server exits.
    pub(super) fn check_files(&self) -> Result<(), Fault> {
        match self.files.iter().find(|file| file_id(&file.path) != Some(file.id)) {
            None => Ok(()),
            Some(file) => {
                self.failed(Fault::Moved, &format!("{} was replaced or removed", file.path.display()));
                Err(Fault::Moved)
            }
        }
    }

    /// Records a failed write, and logs it unless the same fault persists. Corruption is not replaced by another
    /// fault.
    pub(super) fn failed(&self, fault: Fault, error: &str) {
        let mut state = self.state();
        if state.is_some_and(|before| !before.is_passing()) {
            return;
        }
        if state.replace(fault) != Some(fault) {
            tracing::error!(path = %self.path.display(), reason = %fault, error, "database cannot be written");
        }
    }

    /// Records the fault of an operation: corruption, or an error for which SQLite rolled back the transaction. Other
    /// errors are reported for the whole transaction.
    pub(super) fn note_write(&self, db: &Connection, error: &rusqlite::Error) {
        if let Some(fault) = Fault::of(error).filter(|fault| *fault == Fault::Damaged || db.is_autocommit()) {
            self.failed(fault, &error.to_string());
        }
    }

    /// Records corruption found by a query.
    pub(super) fn note_read(&self, error: &rusqlite::Error) {
        if let Some(fault @ Fault::Damaged) = Fault::of(error) {
            self.failed(fault, &error.to_string());
        }
    }

    /// Records that the transaction contains a trial write.
    pub(super) fn note_trial(&self) {
        self.has_trial.store(true, Ordering::Relaxed);
    }

    /// Returns whether the transaction that has just ended contained a trial write, and resets the flag.
    pub(super) fn take_trial(&self) -> bool {
        self.has_trial.swap(false, Ordering::Relaxed)
    }

    /// Records a transaction that was written to disk. One without changes does not show that the disk is writable.
    pub(super) fn written(&self) {
        let mut fault = self.state();
        if fault.take_if(|fault| fault.is_passing()).is_some() {
            tracing::info!(path = %self.path.display(), "database writable again");
        }
    }

    fn state(&self) -> MutexGuard<'_, Option<Fault>> {
        self.fault.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl From<Fault> for StoreError {
    fn from(fault: Fault) -> Self {
        Self::Unavailable(fault.to_string().into())
    }
}

#[cfg(unix)]
fn file_id(path: &Path) -> Option<FileId> {
    use std::os::unix::fs::MetadataExt;
    path.metadata().ok().map(|metadata| (metadata.dev(), metadata.ino()))
}

#[cfg(not(unix))]
fn file_id(path: &Path) -> Option<FileId> {
    path.metadata().ok().map(|_| (0, 0))
}
