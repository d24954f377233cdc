//! Transactions of processes that died.
//!
//! When a process dies between the first operation of a transaction and its commit, MongoDB keeps the transaction open, by
//! default for a minute, and other transactions cannot change what it has changed. A batch that is blocked for long asks which
//! transactions of this program have been idle for a while, and ends them. If one of them was alive, its process tries the
//! batch again.

use std::time::{Duration, Instant};

use mongodb::{
    Client,
    bson::{Bson, Document, doc},
    error::Error,
    options::ReadConcern,
};
use tokio::sync::Mutex;

use super::connect::NAME;

/// Idle time after which a transaction counts as dead. A living one waits for its next operation for a few milliseconds.
const DEAD_AFTER: Duration = Duration::from_millis(500);
/// Shortest time between two searches.
const EVERY: Duration = Duration::from_millis(200);

/// Time of the last search.
#[derive(Debug, Default)]
pub(super) struct Orphans(Mutex<Option<Instant>>);

impl Orphans {
    /// Ends them, unless this process has just done so or is doing so.
    pub(super) async fn end(&self, client: &Client) {
        let Ok(mut last) = self.0.try_lock() else { return };
        if last.is_some_and(|last| last.elapsed() < EVERY) {
            return;
        }
        match end(client).await {
            Ok(0) => {}
            Ok(ended) => tracing::warn!(ended, "transactions were ended that a process had left when it died"),
            Err(error) => tracing::warn!(%error, "transactions that were left cannot be looked for"),
        }
        *last = Some(Instant::now());
    }
}

async fn end(client: &Client) -> Result<usize, Error> {
    let idle = i64::try_from(DEAD_AFTER.as_micros()).unwrap_or(i64::MAX);
    // Only of the same database user, which needs no privilege.
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
    // A list of operations has no majority read concern.
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
