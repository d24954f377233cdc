//! The store: writes go to the writer, reads to the readers.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use async_trait::async_trait;
use portcullis_core::{
    clock::Timestamp,
    port::{Batch, CommitError, Store, StoreError},
};
use rusqlite::Connection;

use super::{
    connection,
    error::{OpError, OpenError, store_error},
    health::Health,
    migrate,
    readers::Readers,
    tables,
    watch::Watch,
    writer::Writer,
};
use crate::timing::timed;

/// The SQLite store.
///
/// Dropping it waits for all requested writes and checkpoints the write-ahead log.
#[derive(Debug)]
pub struct SqliteStore {
    path: PathBuf,
    pub(super) writer: Writer,
    pub(super) readers: Readers,
    health: Arc<Health>,
    _watch: Watch,
}

impl SqliteStore {
    /// Opens a database, creates it if it is missing, and migrates it. The folder must exist.
    ///
    /// # Errors
    /// Returns [`OpenError`] if the database cannot be used.
    pub fn open(path: &Path, now: Timestamp) -> Result<Self, OpenError> {
        Self::open_with_patience(path, now, connection::PATIENCE)
    }

    /// Opens a database like [`open`](Self::open), but with this timeout instead of five seconds for locks of other
    /// processes.
    ///
    /// # Errors
    /// Returns [`OpenError`] if the database cannot be used.
    pub fn open_with_patience(path: &Path, now: Timestamp, patience: Duration) -> Result<Self, OpenError> {
        Self::opened(path, now, patience, |_, _| Ok(()))
    }

    /// Opens a database that another process may serve. Creates it if it is missing, but migrates nothing.
    ///
    /// # Errors
    /// Returns [`OpenError`] if the database cannot be used or has an older schema.
    pub fn open_beside(path: &Path, now: Timestamp, patience: Duration) -> Result<Self, OpenError> {
        Self::opened(path, now, patience, migrate::require_current)
    }

    fn opened(
        path: &Path,
        now: Timestamp,
        patience: Duration,
        check: fn(&Path, &Connection) -> Result<(), OpenError>,
    ) -> Result<Self, OpenError> {
        let path = connection::create(path)?;
        let db = connection::writer(&path, connection::PATIENCE)?;
        check(&path, &db)?;
        migrate::advance(&path, &db, now)?;
        let failed = |source| OpenError::of(&path, source);
        connection::check_pages(&path, &db)?;
        connection::trial(&db).map_err(failed)?;
        let health = Arc::new(Health::of(&path));
        let readers = Readers::open(&path, patience, Arc::clone(&health))?;
        let writer = Writer::start(db, Arc::clone(&health), patience).map_err(OpenError::Thread)?;
        let trials = writer.trials(&health).ok_or_else(|| OpenError::Thread(std::io::Error::other("it has ended")))?;
        let watch = Watch::start(Arc::clone(&health), trials).map_err(OpenError::Thread)?;
        Ok(Self { path, writer, readers, health, _watch: watch })
    }

    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for SqliteStore {
    fn drop(&mut self) {
        // An open reader would prevent the checkpoint.
        self.readers.close();
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn commit(&self, batch: Batch) -> Result<(), CommitError> {
        let health = Arc::clone(&self.health);
        let apply = move |db: &_| {
            let applied = batch.iter().try_for_each(|op| tables::apply(db, op));
            if let Err(OpError::Sqlite(error)) = &applied {
                health.note_write(db, error);
            }
            Ok(applied?)
        };
        timed("commit", self.writer.run(apply)).await
    }

    /// Removes at most a thousand rows of each kind, so that concurrent commits are not delayed for long. A non-zero
    /// result means that there may be more. When none are left, the write-ahead log is truncated, because it contains
    /// older versions of deleted data, such as the key of a deleted account.
    async fn sweep(&self, now: Timestamp, failures_kept: u64) -> Result<u64, StoreError> {
        let sweep = async {
            let mut swept = 0;
            for sweep in tables::SWEEPS {
                swept += self.writer.run(move |db| sweep(db, now).map_err(store_error)).await?;
            }
            let trim = move |db: &_| tables::trim_failures(db, failures_kept).map_err(store_error);
            swept += self.writer.run(trim).await?;
            if swept == 0
                && let Err(error) = self.writer.truncate_log().await
            {
                tracing::debug!(%error, "write-ahead log not truncated, will be retried");
            }
            Ok(swept)
        };
        timed("sweep", sweep).await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        let ping = async {
            if !self.writer.is_alive() {
                return Err(StoreError::Unavailable("the database writer thread has ended".into()));
            }
            self.health.check_files()?;
            if let Some(fault) = self.health.fault() {
                return Err(fault.into());
            }
            self.readers.ask(|db| db.query_row("SELECT max(version) FROM migrations", [], |_| Ok(()))).await
        };
        timed("ping", ping).await
    }
}
