//! Transactions that nobody works on any more.
//!
//! When a process dies between the first operation of a transaction and its commit, MongoDB keeps the transaction open, for
//! a minute as it comes, and nobody else may change what it has changed. So whoever is held up for long asks which
//! transactions of this program have had nothing to do for a while, and ends them. Should one of them have been alive, its
//! batch is tried again by whom it belongs to.

use std::time::{Duration, Instant};

use mongodb::{
    Client,
    bson::{Bson, Document, doc},
    error::Error,
    options::ReadConcern,
};
use tokio::sync::Mutex;

use super::connect::NAME;

/// A transaction that is alive waits for its next operation for a few milliseconds.
const DEAD_AFTER: Duration = Duration::from_millis(500);
/// So often is asked.
const EVERY: Duration = Duration::from_millis(200);

/// When they were last looked for.
#[derive(Debug, Default)]
pub(super) struct Orphans(Mutex<Option<Instant>>);

impl Orphans {
    /// Ends them, unless somebody has just done so or is at it.
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
    // Of one's own user, which needs no privilege.
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
    // The operations of a server are no data, which a majority could have.
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
