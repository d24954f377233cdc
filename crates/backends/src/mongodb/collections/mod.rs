//! One file per kind of object, with its reads, its writes, and the keys for which its writes contend.
//!
//! The number of documents matched by a write shows whether its precondition held.

mod audit;
mod chains;
mod challenges;
mod changes;
mod keys;
mod limits;
mod locks;
mod outbox;
mod records;
mod registrations;
mod sessions;
mod stats;
mod users;

pub(super) use audit::carry_over as carry_over_audit;
pub(super) use changes::{append as append_changes, copy_revocations, has_unnumbered, set_ends, set_positions};
pub(super) use limits::trim_failures;
pub(super) use locks::catch_up;

use mongodb::{
    Database,
    bson::{Bson, Document, doc},
};
use portcullis_core::{clock::Timestamp, port::Op};

use super::{error::OpError, fields::time, key_locks::Contended, work::Work};

/// Names and constants of the collections, for the schema.
pub(super) mod names {
    pub(in crate::mongodb) use super::{
        audit::NAME as AUDIT,
        chains::NAME as AUDIT_BLOCKS,
        challenges::NAME as CHALLENGES,
        changes::{COUNTERS, NAME as CHANGES, REVOCATIONS},
        keys::{ROOT as ROOT_KEYS, SIGNING as SIGNING_KEYS},
        limits::{FAILURES, QUOTAS},
        locks::NAME as LOCKS,
        outbox::{DEAD_FOR, NAME as OUTBOX},
        records::NAME as RECORDS,
        registrations::NAME as REGISTRATIONS,
        sessions::NAME as SESSIONS,
        stats::NAME as STATS,
    };
}

/// Maximum number of documents of a kind removed by one sweep.
const SWEPT_AT_ONCE: i64 = 1000;

/// Applies one operation, and records its changes for the change log.
pub(super) async fn apply(work: &mut Work<'_>, op: &Op) -> Result<(), OpError> {
    apply_to_collection(work, op).await?;
    work.changes.extend(op.changes());
    Ok(())
}

async fn apply_to_collection(work: &mut Work<'_>, op: &Op) -> Result<(), OpError> {
    match op {
        Op::Key(op) => keys::apply(work, op).await,
        Op::User(op) => users::apply(work, op).await,
        Op::Registration(op) => registrations::apply(work, op).await,
        Op::Challenge(op) => challenges::apply(work, op).await,
        Op::Session(op) => sessions::apply(work, op).await,
        Op::Limit(op) => limits::apply(work, op).await,
        Op::Outbox(op) => outbox::apply(work, op).await,
        Op::Record(op) => records::apply(work, op).await,
        Op::Audit(row) => audit::append(work, row).await,
        Op::Chain(op) => chains::apply(work, op).await,
        Op::Stat(op) => stats::apply(work, op).await,
    }
}

/// Returns the keys that the operation writes and other batches may want to write at the same time.
pub(super) fn contends(op: &Op) -> Vec<Contended<'_>> {
    match op {
        Op::Key(op) => keys::contends(op),
        Op::User(op) => users::contends(op),
        Op::Registration(op) => registrations::contends(op),
        Op::Challenge(op) => challenges::contends(op),
        Op::Session(op) => sessions::contends(op),
        Op::Limit(op) => limits::contends(op),
        Op::Record(op) => records::contends(op),
        Op::Stat(op) => stats::contends(op),
        Op::Outbox(_) | Op::Audit(_) | Op::Chain(_) => Vec::new(),
    }
}

/// Returns filters for expired documents, one for each kind of document that expires.
pub(super) fn expired(now: Timestamp) -> [(&'static str, Document); 8] {
    let expired = || doc! { "expires_at": { "$lte": time(now) } };
    [
        (names::REGISTRATIONS, expired()),
        (names::CHALLENGES, expired()),
        (names::SESSIONS, doc! { "$or": [expired(), { "idle_until": { "$lte": time(now) } }] }),
        (names::CHANGES, expired()),
        (names::OUTBOX, outbox::long_dead(now)),
        (names::QUOTAS, expired()),
        (names::FAILURES, expired()),
        (names::RECORDS, expired()),
    ]
}

/// Removes some of the matching documents and returns their number.
pub(super) async fn sweep(db: &Database, of: &str, filter: Document) -> Result<u64, OpError> {
    let collection = db.collection::<Document>(of);
    let mut cursor = collection.find(filter.clone()).projection(doc! { "_id": 1 }).limit(SWEPT_AT_ONCE).await?;
    let mut keys = Vec::new();
    while cursor.advance().await? {
        keys.extend(cursor.deserialize_current()?.remove("_id"));
    }
    if keys.is_empty() {
        return Ok(0);
    }
    // A document whose expiry has been moved in the meantime, such as a refreshed session, is kept.
    let swept = collection.delete_many(doc! { "$and": [one_of(keys), filter] }).await?;
    Ok(swept.deleted_count)
}

/// Returns a filter for the documents with these keys.
fn one_of(keys: Vec<Bson>) -> Document {
    doc! { "_id": { "$in": keys } }
}
