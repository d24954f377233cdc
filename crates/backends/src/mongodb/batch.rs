//! A batch as a transaction: again, whole, while others are in the way.

use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, Instant},
};

use mongodb::{
    Client, Database,
    error::{Error, TRANSIENT_TRANSACTION_ERROR, UNKNOWN_TRANSACTION_COMMIT_RESULT},
    options::{ReadConcern, WriteConcern},
};
use portcullis_core::port::Batch;

use super::{
    collections,
    error::{OpError, is_ended},
    orphans::Orphans,
    work::Work,
};

/// What is in the way for longer than this may be left from somebody who died.
const SUSPICIOUS: Duration = Duration::from_millis(300);
/// The first pause between two tries, about as long as a batch takes; each is double the one before, up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(4);
const DOUBLINGS: u32 = 5;
/// Whoever pauses takes so many parts of it or fewer, each in turn, so that those who met once do not meet again.
const PARTS: u32 = 8;

/// Tries until it is committed, or can never be.
pub(super) async fn commit(client: &Client, db: &Database, orphans: &Orphans, batch: &Batch) -> Result<(), OpError> {
    let begun = Instant::now();
    for tried in 0.. {
        match attempt(client, db, batch).await {
            Err(OpError::Again(error)) => {
                tracing::trace!(%error, tried, "a batch is tried again");
                if begun.elapsed() > SUSPICIOUS {
                    orphans.end(client).await;
                }
                tokio::time::sleep(pause(tried)).await;
            }
            result => return result,
        }
    }
    Ok(())
}

async fn attempt(client: &Client, db: &Database, batch: &Batch) -> Result<(), OpError> {
    let mut session = client.start_session().await?;
    session.start_transaction().read_concern(ReadConcern::snapshot()).write_concern(WriteConcern::majority()).await?;
    let mut work = Work { db, session: &mut session };
    for op in batch {
        if let Err(fault) = collections::apply(&mut work, op).await {
            // Where this cannot be said, the server finds out in its own time.
            drop(session.abort_transaction().await);
            if matches!(fault, OpError::Failed(_)) {
                // What stands in the way may be so new that it could still be lost with the primary.
                collections::locks::catch_up(db).await?;
            }
            return Err(fault);
        }
    }
    loop {
        match session.commit_transaction().await {
            Err(error) if is_unknown(&error) => tokio::time::sleep(pause(0)).await,
            result => return Ok(result?),
        }
    }
}

/// Whether the commit may have succeeded; to commit again is safe. Where it has certainly come to nothing, MongoDB says so.
fn is_unknown(error: &Error) -> bool {
    let is_unknown = error.contains_label(UNKNOWN_TRANSACTION_COMMIT_RESULT) || is_ended(error);
    is_unknown && !error.contains_label(TRANSIENT_TRANSACTION_ERROR)
}

fn pause(tried: u32) -> Duration {
    static TURN: AtomicU32 = AtomicU32::new(0);
    let parts = 1 + TURN.fetch_add(1, Ordering::Relaxed) % PARTS;
    FIRST_PAUSE * (1 << tried.min(DOUBLINGS)) * parts / PARTS
}
