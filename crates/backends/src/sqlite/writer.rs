//! The writer thread.
//!
//! Jobs that arrive while the thread waits for the disk share the next transaction, each under its own savepoint, so
//! that a failed job does not affect the others. No job is acknowledged before its commit is on disk, in the file
//! that the path refers to.

use std::{
    io,
    sync::Arc,
    thread::{self, JoinHandle},
    time::Duration,
};

use portcullis_core::port::StoreError;
use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use super::{
    connection,
    error::{is_passing, store_error},
    fault::Fault,
    health::Health,
    job::{Asked, WriteJob},
};

/// Maximum number of queued jobs before callers have to wait.
const QUEUE: usize = 1024;
/// Maximum number of jobs per transaction.
const TOGETHER: usize = 256;
/// How long the thread waits for readers at shutdown before it leaves the write-ahead log in place.
const LAST_PATIENCE: Duration = Duration::from_millis(500);
/// How long a transaction waits for a lock of another process if the previous one has timed out.
const LITTLE_PATIENCE: Duration = Duration::from_millis(100);

/// Handle of the writer thread. Dropping it waits for all queued jobs.
#[derive(Debug)]
pub(super) struct Writer {
    queue: Option<mpsc::Sender<Order>>,
    thread: Option<JoinHandle<()>>,
}

/// A request to the thread.
enum Order {
    Write(Box<dyn WriteJob>),
    /// Checkpoints and truncates the write-ahead log.
    Truncate(oneshot::Sender<Result<(), StoreError>>),
}

/// Requests trial writes as long as the writer exists.
#[derive(Debug)]
pub(super) struct Trials {
    queue: mpsc::WeakSender<Order>,
    health: Arc<Health>,
}

impl Writer {
    /// Starts the thread. `patience` is how long a transaction waits for a lock of another process.
    pub(super) fn start(db: Connection, health: Arc<Health>, patience: Duration) -> io::Result<Self> {
        let (queue, orders) = mpsc::channel(QUEUE);
        let transactions = Transactions { db, health, patience, emptied_at: None };
        let thread =
            thread::Builder::new().name("sqlite-writer".to_owned()).spawn(move || transactions.serve(orders))?;
        Ok(Self { queue: Some(queue), thread: Some(thread) })
    }

    /// Runs a job within a transaction. When it returns, its changes are on disk, or rolled back if it failed. A queued
    /// job is run even if its caller stops waiting.
    pub(super) async fn run<T, E, W>(&self, work: W) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        W: FnOnce(&Connection) -> Result<T, E> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        self.order(Order::Write(Box::new(Asked::new(work, gone().into(), reply)))).await?;
        answer.await.map_err(|_| gone())?
    }

    /// Checkpoints and truncates the write-ahead log if anything was written since the last time. Postponed during a
    /// long read, such as a backup.
    pub(super) async fn truncate_log(&self) -> Result<(), StoreError> {
        let (reply, answer) = oneshot::channel();
        self.order(Order::Truncate(reply)).await?;
        answer.await.map_err(|_| gone())?
    }

    /// Returns whether the thread is running.
    pub(super) fn is_alive(&self) -> bool {
        self.queue.as_ref().is_some_and(|queue| !queue.is_closed())
    }

    /// Returns a handle for requesting trial writes that does not keep the thread alive.
    pub(super) fn trials(&self, health: &Arc<Health>) -> Option<Trials> {
        self.queue.as_ref().map(|queue| Trials { queue: queue.downgrade(), health: Arc::clone(health) })
    }

    async fn order(&self, order: Order) -> Result<(), StoreError> {
        let queue = self.queue.as_ref().ok_or_else(gone)?;
        queue.send(order).await.map_err(|_| gone())
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        drop(self.queue.take());
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("database writer thread panicked");
        }
    }
}

impl Trials {
    /// Queues a trial write. If the queue is full, the queued writes test the disk anyway.
    pub(super) fn order(&self) {
        let Some(queue) = self.queue.upgrade() else { return };
        let (reply, _) = oneshot::channel();
        let health = Arc::clone(&self.health);
        let trial = move |db: &Connection| {
            connection::trial(db).map_err(store_error)?;
            health.note_trial();
            Ok::<(), StoreError>(())
        };
        let _full = queue.try_send(Order::Write(Box::new(Asked::new(trial, gone(), reply))));
    }
}

fn gone() -> StoreError {
    StoreError::Unavailable("the database writer thread has ended".into())
}

/// The write connection, on its thread.
struct Transactions {
    db: Connection,
    health: Arc<Health>,
    patience: Duration,
    /// Number of changes when the write-ahead log was last truncated.
    emptied_at: Option<u64>,
}

impl Transactions {
    fn serve(mut self, mut queue: mpsc::Receiver<Order>) {
        while let Some(first) = queue.blocking_recv() {
            let others = std::iter::from_fn(|| queue.try_recv().ok()).take(TOGETHER - 1);
            let (mut jobs, mut truncations) = (Vec::new(), Vec::new());
            for order in std::iter::once(first).chain(others) {
                match order {
                    Order::Write(job) => jobs.push(job),
                    Order::Truncate(reply) => truncations.push(reply),
                }
            }
            self.together(jobs);
            for reply in truncations {
                drop(reply.send(self.truncate(LAST_PATIENCE)));
            }
        }
        self.emptied_at = None;
        if let Err(error) = self.truncate(LAST_PATIENCE) {
            tracing::warn!(%error, "write-ahead log left in place until the next start");
        }
    }

    /// Runs all jobs in one transaction, then sends their results.
    fn together(&mut self, mut jobs: Vec<Box<dyn WriteJob>>) {
        if jobs.is_empty() {
            return;
        }
        let result = self.commit(&mut jobs);
        let has_trial = self.health.take_trial();
        match result {
            Ok(is_written) => {
                if is_written || has_trial {
                    self.health.written();
                }
                jobs.into_iter().for_each(|job| job.answer());
            }
            Err(failure) => {
                if !self.db.is_autocommit() && self.db.execute_batch("ROLLBACK").is_err() {
                    tracing::error!("transaction rollback failed");
                }
                self.note(&failure, jobs.len());
                jobs.into_iter().for_each(|job| job.fail(failure.error()));
            }
        }
    }

    /// Commits the jobs. Returns whether any of them changed a row.
    fn commit(&self, jobs: &mut [Box<dyn WriteJob>]) -> Result<bool, WriteFailure> {
        self.health.check_files().map_err(WriteFailure::from)?;
        let patience = if self.health.fault().is_some() { LITTLE_PATIENCE } else { self.patience };
        self.db.busy_timeout(patience).map_err(|error| WriteFailure::of("patience", &error))?;
        let is_written = self.transaction(jobs)?;
        // If the file was moved or deleted in the meantime, its data would be lost, so the commit must not be
        // acknowledged.
        self.health.check_files().map_err(WriteFailure::from)?;
        Ok(is_written)
    }

    fn transaction(&self, jobs: &mut [Box<dyn WriteJob>]) -> Result<bool, WriteFailure> {
        self.step("BEGIN IMMEDIATE")?;
        let (mut is_kept, mut is_written) = (false, false);
        for job in jobs {
            self.step("SAVEPOINT job")?;
            let changes = self.db.total_changes();
            let keep = job.run(&self.db);
            if self.db.is_autocommit() {
                // SQLite rolls back the whole transaction if the disk is full or fails. The job has recorded the
                // fault.
                return Err(self.health.fault().unwrap_or(Fault::Disk).into());
            }
            if !keep {
                self.step("ROLLBACK TO job")?;
            }
            self.step("RELEASE job")?;
            is_kept |= keep;
            is_written |= keep && self.db.total_changes() != changes;
        }
        self.step(if is_kept { "COMMIT" } else { "ROLLBACK" })?;
        Ok(is_written)
    }

    fn step(&self, sql: &str) -> Result<(), WriteFailure> {
        let failed = |error: rusqlite::Error| WriteFailure::of(sql, &error);
        self.db.prepare_cached(sql).and_then(|mut statement| statement.execute([])).map(drop).map_err(failed)
    }

    fn note(&mut self, failure: &WriteFailure, jobs: usize) {
        match failure.fault {
            Some(fault) => self.health.failed(fault, &failure.why),
            None => tracing::error!(why = failure.why, jobs, "transaction failed"),
        }
        if failure.fault == Some(Fault::Moved) {
            // Checkpoints the file that was moved away, so that its log cannot be mistaken for the log of the new
            // file.
            drop(self.truncate(LITTLE_PATIENCE));
        }
    }

    fn truncate(&mut self, patience: Duration) -> Result<(), StoreError> {
        let changes = Some(self.db.total_changes());
        if changes == self.emptied_at {
            return Ok(());
        }
        let log = "PRAGMA wal_checkpoint(TRUNCATE)";
        let waiting =
            self.db.busy_timeout(patience).and_then(|()| self.db.query_row(log, [], |row| row.get::<_, i64>(0)));
        match waiting {
            Ok(0) => {
                self.emptied_at = changes;
                Ok(())
            }
            Ok(_) => Err(StoreError::Unavailable("another process is reading the write-ahead log".into())),
            Err(error) => Err(store_error(error)),
        }
    }
}

/// Reason why a whole transaction failed.
struct WriteFailure {
    fault: Option<Fault>,
    is_passing: bool,
    why: String,
}

impl WriteFailure {
    fn of(step: &str, error: &rusqlite::Error) -> Self {
        Self { fault: Fault::of(error), is_passing: is_passing(error), why: format!("{step}: {error}") }
    }

    /// Returns the error for one of the jobs.
    fn error(&self) -> StoreError {
        let cause = self.why.clone().into();
        if self.is_passing { StoreError::Unavailable(cause) } else { StoreError::Broken(cause) }
    }
}

impl From<Fault> for WriteFailure {
    fn from(fault: Fault) -> Self {
        Self { fault: Some(fault), is_passing: true, why: fault.to_string() }
    }
}
