//! A pool of read connections, which run concurrently with the writer and with each other.

use std::{
    num::NonZero,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use portcullis_core::port::StoreError;
use rusqlite::Connection;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    task::spawn_blocking,
};

use super::{
    connection,
    error::{OpenError, store_error},
    health::Health,
};
use crate::timing::timed;

/// A small pool of read connections.
#[derive(Debug)]
pub(super) struct Readers {
    pool: Arc<Pool>,
    /// One permit per connection.
    permits: Arc<Semaphore>,
    health: Arc<Health>,
}

#[derive(Debug)]
struct Pool(Mutex<Vec<Connection>>);

impl Readers {
    /// Opens one connection per core, but at least 2 and at most 8.
    pub(super) fn open(path: &Path, patience: Duration, health: Arc<Health>) -> Result<Self, OpenError> {
        let size = thread::available_parallelism().map_or(2, NonZero::get).clamp(2, 8);
        let idle = (0..size).map(|_| connection::reader(path, patience)).collect::<Result<_, _>>()?;
        Ok(Self { pool: Arc::new(Pool(Mutex::new(idle))), permits: Arc::new(Semaphore::new(size)), health })
    }

    /// Runs a query and records its duration under this name.
    pub(super) async fn read<T, Q>(&self, name: &'static str, query: Q) -> Result<T, StoreError>
    where
        T: Send + 'static,
        Q: FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    {
        timed(name, self.ask(query)).await
    }

    /// Runs a query on a connection, on a thread that may block on the disk.
    pub(super) async fn ask<T, Q>(&self, query: Q) -> Result<T, StoreError>
    where
        T: Send + 'static,
        Q: FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    {
        let permit =
            Arc::clone(&self.permits).acquire_owned().await.map_err(|closed| StoreError::Unavailable(closed.into()))?;
        let pool = Arc::clone(&self.pool);
        let health = Arc::clone(&self.health);
        let query = move |db: &Connection| query(db).inspect_err(|error| health.note_read(error));
        let answer = spawn_blocking(move || PooledReader::take(pool, permit).ask(query));
        answer.await.map_err(|panicked| StoreError::Broken(panicked.into()))?
    }

    /// Closes idle connections and rejects further reads.
    pub(super) fn close(&self) {
        self.permits.close();
        self.pool.idle().clear();
    }
}

impl Pool {
    fn idle(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection in use. It returns to the pool when dropped, even after a panic.
struct PooledReader {
    db: Option<Connection>,
    pool: Arc<Pool>,
    /// Released after the connection has returned.
    _permit: OwnedSemaphorePermit,
}

impl PooledReader {
    fn take(pool: Arc<Pool>, permit: OwnedSemaphorePermit) -> Self {
        let db = pool.idle().pop();
        Self { db, pool, _permit: permit }
    }

    fn ask<T>(&self, query: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, StoreError> {
        let db = self.db.as_ref().ok_or_else(|| StoreError::Unavailable("the database is closed".into()))?;
        query(db).map_err(store_error)
    }
}

impl Drop for PooledReader {
    fn drop(&mut self) {
        self.pool.idle().extend(self.db.take());
    }
}
