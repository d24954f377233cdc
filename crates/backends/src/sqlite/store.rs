//! The store: writes go to the writer, reads to the readers.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use async_trait::async_trait;
use portcullis_core::{
    clock::Timestamp,
    port::{Batch, CommitError, Store, StoreError},
};

use super::{
    connection,
    error::{OpenError, store_error},
    migrate,
    readers::Readers,
    tables,
    writer::Writer,
};
use crate::timing::timed;

/// The store in one SQLite file.
///
/// Dropping it waits until all writes that were asked for are done, and folds the write-ahead log into the file.
#[derive(Debug)]
pub struct SqliteStore {
    path: PathBuf,
    pub(super) writer: Writer,
    pub(super) readers: Readers,
}

impl SqliteStore {
    /// Opens a database, creates it if it is missing, and migrates it. The folder must exist.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open(path: &Path, now: Timestamp) -> Result<Self, OpenError> {
        Self::open_with_patience(path, now, connection::PATIENCE)
    }

    /// Opens a database like [`open`](Self::open), but waits this long, not five seconds, while another process writes.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open_with_patience(path: &Path, now: Timestamp, patience: Duration) -> Result<Self, OpenError> {
        let path = connection::create(path)?;
        let db = connection::writer(&path, patience)?;
        migrate::advance(&path, &db, now)?;
        let readers = Readers::open(&path, patience)?;
        let writer = Writer::start(db).map_err(OpenError::Thread)?;
        Ok(Self { path, writer, readers })
    }

    /// Returns the path of the database file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for SqliteStore {
    fn drop(&mut self) {
        // An open reader would keep the log from being folded in.
        self.readers.close();
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn commit(&self, batch: Batch) -> Result<(), CommitError> {
        let apply = move |db: &_| Ok(batch.iter().try_for_each(|op| tables::apply(db, op))?);
        timed("commit", self.writer.run(apply)).await
    }

    /// Removes at most a thousand rows of each kind, so that commits in between need not wait long. A result above zero
    /// means that there may be more.
    async fn sweep(&self, now: Timestamp, failures_kept: u64) -> Result<u64, StoreError> {
        let sweep = async {
            let mut swept = 0;
            for sweep in tables::SWEEPS {
                swept += self.writer.run(move |db| sweep(db, now).map_err(store_error)).await?;
            }
            let trim = move |db: &_| tables::trim_failures(db, failures_kept).map_err(store_error);
            Ok(swept + self.writer.run(trim).await?)
        };
        timed("sweep", sweep).await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        let ping = async {
            if !self.writer.is_alive() {
                return Err(StoreError::Unavailable("the thread that writes to the database has ended".into()));
            }
            self.readers.ask(|db| db.query_row("SELECT max(version) FROM migrations", [], |_| Ok(()))).await
        };
        timed("ping", ping).await
    }
}
