//! Transactions, which are retried as a whole after conflicts.

use std::time::{Duration, Instant};

use mongodb::{
    Client, Database,
    error::{Error, TRANSIENT_TRANSACTION_ERROR, UNKNOWN_TRANSACTION_COMMIT_RESULT},
    options::{ReadConcern, WriteConcern},
};
use portcullis_core::{
    port::Batch,
    random::{self, Random},
};
use tokio::time::timeout_at;

use super::{
    collections,
    error::{OpError, is_conflict, is_ended},
    key_locks::KeyLocks,
    orphans::Orphans,
    work::Work,
};

/// A conflict that lasts longer than this may be caused by an orphaned transaction of a dead process.
const SUSPICIOUS: Duration = Duration::from_millis(300);
/// Maximum time that a batch waits for conflicting batches while the database is responsive. Shorter than
/// `REQUEST_TIMEOUT`, so that the client receives an overload error.
pub(super) const MAX_WAIT: Duration = Duration::from_secs(20);
/// First backoff, about the duration of a batch. It doubles after each attempt up to the maximum.
const FIRST_PAUSE: Duration = Duration::from_millis(4);
const DOUBLINGS: u32 = 5;
/// Jitter: a backoff lasts between one and this many parts of its nominal length, so that conflicting batches do not
/// collide again.
const PARTS: u32 = 8;

/// Contents of a transaction.
#[derive(Debug, Clone, Copy)]
pub(super) enum Task<'a> {
    /// Applies the operations of a batch.
    Apply(&'a Batch),
    /// Assigns positions to the new entries of the change log.
    NumberChanges,
}

/// Time limit of a transaction. It restarts with each response of the database.
#[derive(Debug, Clone, Copy)]
pub(super) struct Deadline<'a> {
    /// Time when the caller started to wait.
    pub(super) begun: Instant,
    pub(super) since: Instant,
    pub(super) limit: Duration,
    /// Where responses are recorded for other waiting batches.
    pub(super) locks: &'a KeyLocks,
}

/// Retries until the transaction is committed or a precondition fails. A conflict with another transaction is a
/// response of the database, so it restarts the time limit.
pub(super) async fn commit(
    client: &Client,
    db: &Database,
    orphans: &Orphans,
    random: &dyn Random,
    task: Task<'_>,
    Deadline { begun, since, limit, locks }: Deadline<'_>,
) -> Result<(), OpError> {
    let mut answered = since;
    for tried in 0.. {
        let attempt = attempt(client, db, random, task);
        match timeout_at((answered + limit).into(), attempt).await.unwrap_or(Err(OpError::Late(limit))) {
            Err(OpError::Again(error)) if is_conflict(&error) && begun.elapsed() > MAX_WAIT => {
                return Err(OpError::Crowded(error));
            }
            Err(OpError::Again(error)) => {
                if is_conflict(&error) {
                    answered = Instant::now();
                    locks.record_answer();
                }
                tracing::trace!(%error, tried, "batch retried");
                if begun.elapsed() > SUSPICIOUS {
                    drop(timeout_at((answered + limit).into(), orphans.end(client)).await);
                }
                tokio::time::sleep(pause(random, tried)).await;
            }
            result => return result,
        }
    }
    Ok(())
}

async fn attempt(client: &Client, db: &Database, random: &dyn Random, task: Task<'_>) -> Result<(), OpError> {
    let mut session = client.start_session().await?;
    session.start_transaction().read_concern(ReadConcern::snapshot()).write_concern(WriteConcern::majority()).await?;
    let mut work = Work { db, session: &mut session, changes: Vec::new() };
    let done = match task {
        Task::Apply(batch) => apply(work, batch).await,
        Task::NumberChanges => collections::set_positions(&mut work).await,
    };
    if let Err(error) = done {
        // If this fails, the server aborts the transaction later.
        drop(session.abort_transaction().await);
        if matches!(error, OpError::Failed(_)) {
            // The data that made the precondition fail may not be replicated yet and could be lost in a failover.
            collections::catch_up(db).await?;
        }
        return Err(error);
    }
    loop {
        match session.commit_transaction().await {
            Err(error) if is_unknown(&error) => tokio::time::sleep(pause(random, 0)).await,
            result => return Ok(result?),
        }
    }
}

/// Applies all operations, then appends the resulting changes to the change log.
async fn apply(mut work: Work<'_>, batch: &Batch) -> Result<(), OpError> {
    for op in batch {
        collections::apply(&mut work, op).await?;
    }
    let changes = std::mem::take(&mut work.changes);
    collections::append_changes(&mut work, &changes).await
}

/// Returns whether the commit may have succeeded. In that case, it is safe to repeat it. MongoDB reports definite
/// failures.
fn is_unknown(error: &Error) -> bool {
    let is_unknown = error.contains_label(UNKNOWN_TRANSACTION_COMMIT_RESULT) || is_ended(error);
    is_unknown && !error.contains_label(TRANSIENT_TRANSACTION_ERROR)
}

fn pause(random: &dyn Random, tried: u32) -> Duration {
    let parts = 1 + u32::from_be_bytes(random::bytes(random)) % PARTS;
    FIRST_PAUSE * (1 << tried.min(DOUBLINGS)) * parts / PARTS
}
