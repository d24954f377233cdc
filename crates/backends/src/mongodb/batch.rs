//! A batch as a transaction, tried again as a whole while other batches are in its way.

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

use super::{
    collections,
    error::{OpError, is_ended},
    orphans::Orphans,
    work::Work,
};

/// A conflict that lasts longer than this may come from a transaction that a dead process left.
const SUSPICIOUS: Duration = Duration::from_millis(300);
/// The first pause between two tries, about as long as a batch takes. Each is double the one before, up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(4);
const DOUBLINGS: u32 = 5;
/// A pause takes 1 to this many parts of its length at random, so that batches that met do not meet again.
const PARTS: u32 = 8;

/// Tries until the batch is committed or a precondition fails.
pub(super) async fn commit(
    client: &Client,
    db: &Database,
    orphans: &Orphans,
    random: &dyn Random,
    batch: &Batch,
) -> Result<(), OpError> {
    let begun = Instant::now();
    for tried in 0.. {
        match attempt(client, db, random, batch).await {
            Err(OpError::Again(error)) => {
                tracing::trace!(%error, tried, "a batch is tried again");
                if begun.elapsed() > SUSPICIOUS {
                    orphans.end(client).await;
                }
                tokio::time::sleep(pause(random, tried)).await;
            }
            result => return result,
        }
    }
    Ok(())
}

async fn attempt(client: &Client, db: &Database, random: &dyn Random, batch: &Batch) -> Result<(), OpError> {
    let mut session = client.start_session().await?;
    session.start_transaction().read_concern(ReadConcern::snapshot()).write_concern(WriteConcern::majority()).await?;
    let work = Work { db, session: &mut session, changes: Vec::new() };
    if let Err(error) = apply(work, batch).await {
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

/// Applies all operations, then appends to the change log: late, because batches that append wait for each other.
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
