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
use portcullis_core::{
    clock::Timestamp,
    port::{ChallengeOp, KeyOp, LimitOp, Op, OutboxOp, RegistrationOp, SessionOp, UserOp},
};

use super::{error::OpError, fields::time, work::Work};

/// The most documents of a kind that one sweep removes.
const SWEPT_AT_ONCE: i64 = 1000;

/// Does one operation.
pub(super) async fn apply(work: &mut Work<'_>, op: &Op) -> Result<(), OpError> {
    match op {
        Op::Key(KeyOp::PutRoot(row)) => root_keys::put(work, row).await,
        Op::Key(KeyOp::PutSigning(row)) => signing_keys::put(work, row).await,
        Op::Key(KeyOp::DeleteSigning { kid }) => signing_keys::delete(work, kid).await,
        Op::User(UserOp::RequireAddress { realm, index, is_taken }) => {
            users::require_address(work, realm, *index, *is_taken).await
        }
        Op::Registration(RegistrationOp::Put { row, replaces }) => registrations::put(work, row, replaces).await,
        Op::Registration(RegistrationOp::Contest { realm, id, is_contested, expires_at }) => {
            registrations::contest(work, realm, id, *is_contested, *expires_at).await
        }
        Op::Registration(RegistrationOp::Delete { realm, id }) => registrations::delete(work, realm, id).await,
        Op::User(UserOp::Insert(user)) => users::insert(work, user).await,
        Op::User(UserOp::Update(user)) => users::update(work, user).await,
        Op::User(UserOp::Delete { realm, id, revision }) => users::delete(work, realm, id, *revision).await,
        Op::User(UserOp::Require { realm, id, revision }) => users::require_revision(work, realm, id, *revision).await,
        Op::Challenge(ChallengeOp::Insert(challenge)) => challenges::insert(work, challenge).await,
        Op::Challenge(ChallengeOp::Spend { realm, id, now }) => challenges::spend(work, realm, *id, *now).await,
        Op::Challenge(ChallengeOp::Try { realm, id, now, limit }) => {
            challenges::attempt(work, realm, *id, *now, *limit).await
        }
        Op::Challenge(ChallengeOp::Drop { realm, subject, purpose }) => {
            challenges::drop_all(work, realm, subject, *purpose).await
        }
        Op::Challenge(ChallengeOp::Expire { realm, id, at }) => challenges::expire(work, realm, *id, *at).await,
        Op::Session(SessionOp::Insert(session)) => sessions::insert(work, session).await,
        Op::Session(SessionOp::End(revocation)) => sessions::end(work, revocation).await,
        Op::Session(SessionOp::EndAll { realm, user, except, expires_at }) => {
            sessions::end_all(work, realm, user, except.as_ref(), *expires_at).await
        }
        Op::Session(SessionOp::Rotate { realm, id, from, to, at, idle_until }) => {
            sessions::rotate(work, realm, id, (from, to), *at, *idle_until).await
        }
        Op::Limit(LimitOp::Count { kind, key, quota, now }) => limits::count(work, *kind, *key, *quota, *now).await,
        Op::Limit(LimitOp::CountFailure { key, now, forget_after }) => {
            limits::fail(work, *key, *now, *forget_after).await
        }
        Op::Audit(row) => audit::append(work, row).await,
        Op::Outbox(OutboxOp::Enqueue(row)) => outbox::enqueue(work, row).await,
        Op::Outbox(OutboxOp::FinishDelivery { id, lease, outcome }) => outbox::settle(work, id, lease, *outcome).await,
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
    // Whoever was given more time meanwhile, as a session that was refreshed, stays.
    let swept = collection.delete_many(doc! { "$and": [one_of(keys), filter] }).await?;
    Ok(swept.deleted_count)
}

/// The documents with these keys.
fn one_of(keys: Vec<Bson>) -> Document {
    doc! { "_id": { "$in": keys } }
}
