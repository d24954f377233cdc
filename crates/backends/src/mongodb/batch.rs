//! Transactions, tried again as a whole while others are in their way.

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

/// A conflict that lasts longer than this may come from a transaction that a dead process left.
const SUSPICIOUS: Duration = Duration::from_millis(300);
/// Longest time that a batch waits for others that write the same, while the database answers. Less than `REQUEST_TIMEOUT`, so
/// that the client hears of the overload.
pub(super) const LONGEST_WAIT: Duration = Duration::from_secs(20);
/// The first pause between two tries, about as long as a batch takes. Each is double the one before, up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(4);
const DOUBLINGS: u32 = 5;
/// A pause takes 1 to this many parts of its length at random, so that batches that met do not meet again.
const PARTS: u32 = 8;

/// What a transaction does.
#[derive(Debug, Clone, Copy)]
pub(super) enum Task<'a> {
    /// Applies the operations of a batch.
    Apply(&'a Batch),
    /// Gives positions to the new entries of the change log.
    NumberChanges,
}

/// Time limit of a transaction. It begins again with each answer of the database.
#[derive(Debug, Clone, Copy)]
pub(super) struct Deadline<'a> {
    /// Time at which the caller began to wait.
    pub(super) begun: Instant,
    pub(super) since: Instant,
    pub(super) limit: Duration,
    /// Where answers are recorded, for the batches that wait.
    pub(super) locks: &'a KeyLocks,
}

/// Tries until the transaction is committed or a precondition fails. A conflict with another transaction is an answer of the
/// database: the time limit begins again.
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
            Err(OpError::Again(error)) if is_conflict(&error) && begun.elapsed() > LONGEST_WAIT => {
                return Err(OpError::Crowded(error));
            }
            Err(OpError::Again(error)) => {
                if is_conflict(&error) {
                    answered = Instant::now();
                    locks.record_answer();
                }
                tracing::trace!(%error, tried, "a batch is tried again");
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
        // If this fails, the server aborts the transaction by itself later.
        drop(session.abort_transaction().await);
        if matches!(error, OpError::Failed(_)) {
            // What made the precondition fail may be so new that it could still be lost with the primary.
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

/// Applies all operations, then appends what they changed to the change log.
async fn apply(mut work: Work<'_>, batch: &Batch) -> Result<(), OpError> {
    for op in batch {
        collections::apply(&mut work, op).await?;
    }
    let changes = std::mem::take(&mut work.changes);
    collections::append_changes(&mut work, &changes).await
}

/// Whether the commit may have succeeded. Repeating it is safe. If it has certainly failed, MongoDB says so.
fn is_unknown(error: &Error) -> bool {
    let is_unknown = error.contains_label(UNKNOWN_TRANSACTION_COMMIT_RESULT) || is_ended(error);
    is_unknown && !error.contains_label(TRANSIENT_TRANSACTION_ERROR)
}

fn pause(random: &dyn Random, tried: u32) -> Duration {
    let parts = 1 + u32::from_be_bytes(random::bytes(random)) % PARTS;
    FIRST_PAUSE * (1 << tried.min(DOUBLINGS)) * parts / PARTS
}
