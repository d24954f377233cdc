//! Whether the database can be written, and whether its files are still those that were opened.

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

/// State of an open database, as its writer, its readers and its watch find it.
#[derive(Debug)]
pub(super) struct Health {
    path: PathBuf,
    files: Vec<WatchedFile>,
    fault: Mutex<Option<Fault>>,
    /// Whether a trial write is part of the transaction.
    has_trial: AtomicBool,
}

/// A file that is open, as it was found at its path.
#[derive(Debug)]
struct WatchedFile {
    path: PathBuf,
    id: FileId,
}

/// Device and number of a file.
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

    /// Returns what is wrong.
    pub(super) fn fault(&self) -> Option<Fault> {
        *self.state()
    }

    /// Checks that each path still names the open file. What is written to another file is lost when the server ends.
    pub(super) fn check_files(&self) -> Result<(), Fault> {
        match self.files.iter().find(|file| file_id(&file.path) != Some(file.id)) {
            None => Ok(()),
            Some(file) => {
                self.failed(Fault::Moved, &format!("{} is another file now, or none", file.path.display()));
                Err(Fault::Moved)
            }
        }
    }

    /// Records a failed write, and logs it unless the same fault lasts. Damage is not forgotten for another fault.
    pub(super) fn failed(&self, fault: Fault, error: &str) {
        let mut state = self.state();
        if state.is_some_and(|before| !before.is_passing()) {
            return;
        }
        if state.replace(fault) != Some(fault) {
            tracing::error!(path = %self.path.display(), reason = %fault, error, "database cannot be written");
        }
    }

    /// Records what an operation found: damage, or a fault for which SQLite rolled the transaction back. Its other errors are
    /// those of the whole transaction.
    pub(super) fn note_write(&self, db: &Connection, error: &rusqlite::Error) {
        if let Some(fault) = Fault::of(error).filter(|fault| *fault == Fault::Damaged || db.is_autocommit()) {
            self.failed(fault, &error.to_string());
        }
    }

    /// Records damage that a query found.
    pub(super) fn note_read(&self, error: &rusqlite::Error) {
        if let Some(fault @ Fault::Damaged) = Fault::of(error) {
            self.failed(fault, &error.to_string());
        }
    }

    /// Records that the transaction contains a trial write.
    pub(super) fn note_trial(&self) {
        self.has_trial.store(true, Ordering::Relaxed);
    }

    /// Returns whether the transaction that has just ended contained a trial write.
    pub(super) fn take_trial(&self) -> bool {
        self.has_trial.swap(false, Ordering::Relaxed)
    }

    /// Records a transaction that was written to the disk. One that changed nothing says nothing about the disk.
    pub(super) fn written(&self) {
        let mut fault = self.state();
        if fault.take_if(|fault| fault.is_passing()).is_some() {
            tracing::info!(path = %self.path.display(), "database can be written again");
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
