//! One file a collection: what may be written, what may be asked.
//!
//! Each write finds out by the number of documents whether its precondition held.

pub(super) mod audit;
pub(super) mod challenges;
pub(super) mod limits;
pub(super) mod locks;
pub(super) mod outbox;
pub(super) mod registrations;
pub(super) mod revocations;
pub(super) mod root_keys;
pub(super) mod sessions;
pub(super) mod signing_keys;
pub(super) mod users;

use mongodb::{
    Database,
    bson::{Bson, Document, doc},
};
use portcullis_core::{clock::Timestamp, port::Op};

use super::{error::Fault, fields::time, work::Work};

/// The most documents of a kind that one sweep removes.
const SWEPT_AT_ONCE: i64 = 1000;

/// Does one operation.
pub(super) async fn apply(work: &mut Work<'_>, op: &Op) -> Result<(), Fault> {
    match op {
        Op::PutRootKey(row) => root_keys::put(work, row).await,
        Op::PutSigningKey(row) => signing_keys::put(work, row).await,
        Op::DeleteSigningKey { kid } => signing_keys::delete(work, kid).await,
        Op::RequireAddress { realm, index, is_taken } => users::require_address(work, realm, *index, *is_taken).await,
        Op::PutRegistration { row, replaces } => registrations::put(work, row, replaces).await,
        Op::ContestRegistration { realm, id, is_contested, expires_at } => {
            registrations::contest(work, realm, id, *is_contested, *expires_at).await
        }
        Op::DeleteRegistration { realm, id } => registrations::delete(work, realm, id).await,
        Op::InsertUser(user) => users::insert(work, user).await,
        Op::UpdateUser(user) => users::update(work, user).await,
        Op::DeleteUser { realm, id, revision } => users::delete(work, realm, id, *revision).await,
        Op::RequireUser { realm, id, revision } => users::require_revision(work, realm, id, *revision).await,
        Op::InsertChallenge(challenge) => challenges::insert(work, challenge).await,
        Op::SpendChallenge { realm, id, now } => challenges::spend(work, realm, *id, *now).await,
        Op::TryChallenge { realm, id, now, limit } => challenges::attempt(work, realm, *id, *now, *limit).await,
        Op::DropChallenges { realm, subject, purpose } => challenges::drop_all(work, realm, subject, *purpose).await,
        Op::ExpireChallenge { realm, id, at } => challenges::expire(work, realm, *id, *at).await,
        Op::InsertSession(session) => sessions::insert(work, session).await,
        Op::EndSession(revocation) => sessions::end(work, revocation).await,
        Op::EndSessionsOf { realm, user, except, expires_at } => {
            sessions::end_all(work, realm, user, except.as_ref(), *expires_at).await
        }
        Op::RotateRefresh { realm, id, from, to, at, idle_until } => {
            sessions::rotate(work, realm, id, (from, to), *at, *idle_until).await
        }
        Op::Count { row, key, quota, now } => limits::count(work, *row, *key, *quota, *now).await,
        Op::CountFailure { key, now, forget_after } => limits::fail(work, *key, *now, *forget_after).await,
        Op::Audit(row) => audit::append(work, row).await,
        Op::Enqueue(row) => outbox::enqueue(work, row).await,
        Op::Settle { id, lease, outcome } => outbox::settle(work, id, lease, *outcome).await,
    }
}

/// What had lapsed by this time, of each kind of thing that lapses.
pub(super) fn lapsed(now: Timestamp) -> [(&'static str, Document); 7] {
    let over = || doc! { "expires_at": { "$lte": time(now) } };
    [
        (registrations::NAME, over()),
        (challenges::NAME, over()),
        (sessions::NAME, doc! { "$or": [over(), { "idle_until": { "$lte": time(now) } }] }),
        (revocations::NAME, over()),
        (outbox::NAME, outbox::long_dead(now)),
        (limits::QUOTAS, over()),
        (limits::FAILURES, over()),
    ]
}

/// Removes some of these documents; how many.
pub(super) async fn sweep(db: &Database, of: &str, filter: Document) -> Result<u64, Fault> {
    let collection = db.collection::<Document>(of);
    let mut cursor = collection.find(filter.clone()).projection(doc! { "_id": 1 }).limit(SWEPT_AT_ONCE).await?;
    let mut keys = Vec::new();
    while cursor.advance().await? {
        keys.extend(cursor.deserialize_current()?.remove("_id"));
    }
    if keys.is_empty() {
        return Ok(0);
    }
    // Whoever was given more time meanwhile, as a session that was refreshed, stays.
    let swept = collection.delete_many(doc! { "$and": [one_of(keys), filter] }).await?;
    Ok(swept.deleted_count)
}

/// The documents with these keys.
fn one_of(keys: Vec<Bson>) -> Document {
    doc! { "_id": { "$in": keys } }
}
