//! Orphaned transactions of crashed processes.
//!
//! If a process crashes between the first operation of a transaction and its commit, MongoDB keeps the transaction
//! open (for a minute by default), and other transactions conflict with it. A batch that is blocked for long looks
//! for idle transactions of this program and aborts them. If the process of one of them is alive after all, it
//! retries the batch.

use std::time::{Duration, Instant};

use mongodb::{
    Client,
    bson::{Bson, Document, doc},
    error::Error,
    options::ReadConcern,
};
use tokio::sync::Mutex;

use super::connect::NAME;

/// Idle time after which a transaction is considered orphaned. A live one waits only milliseconds for its next
/// operation.
const DEAD_AFTER: Duration = Duration::from_millis(500);
/// Minimum interval between two searches.
const EVERY: Duration = Duration::from_millis(200);

/// Time of the last search.
#[derive(Debug, Default)]
pub(super) struct Orphans(Mutex<Option<Instant>>);

impl Orphans {
    /// Aborts orphaned transactions, unless this process is doing so or has just done so.
    pub(super) async fn end(&self, client: &Client) {
        let Ok(mut last) = self.0.try_lock() else { return };
        if last.is_some_and(|last| last.elapsed() < EVERY) {
            return;
        }
        match end(client).await {
            Ok(0) => {}
            Ok(ended) => tracing::warn!(ended, "orphaned transactions aborted"),
            Err(error) => tracing::warn!(%error, "search for orphaned transactions failed"),
        }
        *last = Some(Instant::now());
    }
}

async fn end(client: &Client) -> Result<usize, Error> {
    let idle = i64::try_from(DEAD_AFTER.as_micros()).unwrap_or(i64::MAX);
    // Limited to the same database user, which requires no privilege.
    let pipeline = [
        doc! { "$currentOp": { "allUsers": false, "idleSessions": true } },
        doc! { "$match": {
            "type": "idleSession",
            "appName": NAME,
            "transaction.timeInactiveMicros": { "$gte": idle },
        } },
        doc! { "$project": { "lsid": 1 } },
    ];
    let admin = client.database("admin");
    // `$currentOp` does not support majority read concern.
    let mut cursor = admin.aggregate(pipeline).read_concern(ReadConcern::local()).await?;
    let mut sessions = Vec::new();
    while cursor.advance().await? {
        let operation: Document = cursor.deserialize_current()?;
        let id = operation.get_document("lsid").ok().and_then(|lsid| lsid.get("id").cloned());
        sessions.extend(id.map(|id| Bson::Document(doc! { "id": id })));
    }
    let many = sessions.len();
    if many > 0 {
        admin.run_command(doc! { "killSessions": sessions }).await?;
    }
    Ok(many)
}
