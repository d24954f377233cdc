//! The thread that writes.
//!
//! Jobs that arrive while it waits for the disk share the next transaction, each under a savepoint of its own, so that a job
//! that fails does not affect the others. No job is answered before the commit is on the disk.

use std::{
    any::Any,
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    thread::{self, JoinHandle},
    time::Duration,
};

use portcullis_core::port::StoreError;
use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use super::error::is_passing;

/// Number of jobs that may wait before callers have to wait.
const QUEUE: usize = 1024;
/// Most jobs of one transaction.
const TOGETHER: usize = 256;
/// How long the thread waits at its end for readers, before it leaves the write-ahead log as it is.
const LAST_PATIENCE: Duration = Duration::from_millis(500);

/// Handle of the thread. Dropping it waits until all queued jobs are done.
#[derive(Debug)]
pub(super) struct Writer {
    queue: Option<mpsc::Sender<Box<dyn WriteJob>>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    /// Starts the thread.
    pub(super) fn start(db: Connection) -> io::Result<Self> {
        let (queue, jobs) = mpsc::channel(QUEUE);
        let thread = thread::Builder::new().name("sqlite-writer".to_owned()).spawn(move || serve(&db, jobs))?;
        Ok(Self { queue: Some(queue), thread: Some(thread) })
    }

    /// Does this work within a transaction. When it returns, its changes are on the disk, or undone if it failed. Queued work is
    /// done even if its caller has gone.
    pub(super) async fn run<T, E, W>(&self, work: W) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        W: FnOnce(&Connection) -> Result<T, E> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let job = Box::new(Asked { work: Some(work), result: Err(gone().into()), reply });
        let queue = self.queue.as_ref().ok_or_else(gone)?;
        queue.send(job).await.map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?
    }

    /// Whether the thread runs.
    pub(super) fn is_alive(&self) -> bool {
        self.queue.as_ref().is_some_and(|queue| !queue.is_closed())
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        drop(self.queue.take());
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the thread that writes to the database has panicked");
        }
    }
}

fn gone() -> StoreError {
    StoreError::Unavailable("the thread that writes to the database has ended".into())
}

fn serve(db: &Connection, mut queue: mpsc::Receiver<Box<dyn WriteJob>>) {
    while let Some(first) = queue.blocking_recv() {
        let others = std::iter::from_fn(|| queue.try_recv().ok()).take(TOGETHER - 1);
        together(db, std::iter::once(first).chain(others).collect());
    }
    let folded = db.busy_timeout(LAST_PATIENCE).and_then(|()| db.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)"));
    if let Err(error) = folded {
        tracing::warn!(%error, "the write-ahead log was left for the next start");
    }
}

/// Runs all jobs in one transaction, then answers them.
fn together(db: &Connection, mut jobs: Vec<Box<dyn WriteJob>>) {
    match transaction(db, &mut jobs) {
        Ok(()) => jobs.into_iter().for_each(|job| job.answer()),
        Err(failure) => {
            if !db.is_autocommit() && db.execute_batch("ROLLBACK").is_err() {
                tracing::error!("a transaction could not be rolled back");
            }
            tracing::error!(why = failure.why, jobs = jobs.len(), "a transaction failed");
            jobs.into_iter().for_each(|job| job.fail(failure.error()));
        }
    }
}

fn transaction(db: &Connection, jobs: &mut [Box<dyn WriteJob>]) -> Result<(), WriteFailure> {
    step(db, "BEGIN IMMEDIATE")?;
    let mut changed = false;
    for job in jobs {
        step(db, "SAVEPOINT job")?;
        let keep = job.run(db);
        if db.is_autocommit() {
            // SQLite rolls back the whole transaction by itself, for example when the disk is full.
            return Err(WriteFailure { passing: true, why: "rolled back by SQLite".to_owned() });
        }
        if !keep {
            step(db, "ROLLBACK TO job")?;
        }
        step(db, "RELEASE job")?;
        changed |= keep;
    }
    step(db, if changed { "COMMIT" } else { "ROLLBACK" })
}

fn step(db: &Connection, sql: &str) -> Result<(), WriteFailure> {
    let failed = |error: rusqlite::Error| WriteFailure { passing: is_passing(&error), why: format!("{sql}: {error}") };
    db.prepare_cached(sql).and_then(|mut statement| statement.execute([])).map(drop).map_err(failed)
}

/// Why a whole transaction failed.
struct WriteFailure {
    passing: bool,
    why: String,
}

impl WriteFailure {
    /// Returns the error for one of the jobs.
    fn error(&self) -> StoreError {
        let cause = self.why.clone().into();
        if self.passing { StoreError::Unavailable(cause) } else { StoreError::Broken(cause) }
    }
}

/// Work to be done in a transaction, and the way to answer its caller.
trait WriteJob: Send {
    /// Does the work. Returns whether to keep its changes.
    fn run(&mut self, db: &Connection) -> bool;

    /// Answers after the transaction is on the disk.
    fn answer(self: Box<Self>);

    /// Answers that the transaction failed.
    fn fail(self: Box<Self>, error: StoreError);
}

struct Asked<T, E, W> {
    work: Option<W>,
    result: Result<T, E>,
    reply: oneshot::Sender<Result<T, E>>,
}

impl<T, E, W> WriteJob for Asked<T, E, W>
where
    T: Send,
    E: From<StoreError> + Send,
    W: FnOnce(&Connection) -> Result<T, E> + Send,
{
    fn run(&mut self, db: &Connection) -> bool {
        if let Some(work) = self.work.take() {
            self.result =
                catch_unwind(AssertUnwindSafe(|| work(db))).unwrap_or_else(|panic| Err(panicked(&*panic).into()));
        }
        self.result.is_ok()
    }

    // The caller may have gone; the work is done nevertheless.
    fn answer(self: Box<Self>) {
        drop(self.reply.send(self.result));
    }

    fn fail(self: Box<Self>, error: StoreError) {
        drop(self.reply.send(Err(error.into())));
    }
}

fn panicked(panic: &(dyn Any + Send)) -> StoreError {
    let what = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    StoreError::Broken(format!("a write panicked: {}", what.unwrap_or("no message")).into())
}
