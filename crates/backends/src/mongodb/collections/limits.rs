//! Limits: quota usage and failed password attempts.

use std::time::Duration;

use async_trait::async_trait;
use mongodb::{
    Database,
    bson::{Document, doc},
};
use portcullis_core::{
    clock::Timestamp,
    limit::{FailedAttempts, LimitKey, LimitKind, Members, Quota, SlidingWindow},
    port::{LimitOp, LimitState, Precondition, StoreError},
};

use crate::mongodb::{
    MongoStore,
    error::{OpError, Unreadable, require},
    fields::{DocumentFields, bytes, number, time},
    key_locks::Contended,
    work::{Work, find},
};

pub(in crate::mongodb) const QUOTAS: &str = "quotas";
pub(in crate::mongodb) const FAILURES: &str = "failures";

fn read_window(mut fields: DocumentFields) -> Result<SlidingWindow, Unreadable> {
    Ok(SlidingWindow::from_bytes(&fields.binary("tally")?))
}

fn read_members(mut fields: DocumentFields) -> Result<Members, Unreadable> {
    Ok(Members::from_bytes(&fields.binary("tally")?))
}

fn read_failures(mut fields: DocumentFields) -> Result<FailedAttempts, Unreadable> {
    Ok(FailedAttempts { count: fields.count("count")?, last_at: fields.time("last_at")? })
}

fn by_key(key: LimitKey) -> Document {
    doc! { "_id": bytes(&key.0) }
}

#[async_trait]
impl LimitState for MongoStore {
    async fn failures(&self, key: LimitKey) -> Result<FailedAttempts, StoreError> {
        let failures = self.answer("failures", find(self.db(), FAILURES, by_key(key), read_failures)).await?;
        Ok(failures.unwrap_or(FailedAttempts::NONE))
    }

    async fn window(&self, key: LimitKey) -> Result<SlidingWindow, StoreError> {
        let window = self.answer("tally", find(self.db(), QUOTAS, by_key(key), read_window)).await?;
        Ok(window.unwrap_or_default())
    }

    async fn members(&self, key: LimitKey) -> Result<Members, StoreError> {
        let members = self.answer("members", find(self.db(), QUOTAS, by_key(key), read_members)).await?;
        Ok(members.unwrap_or_default())
    }
}

pub(super) async fn apply(work: &mut Work<'_>, op: &LimitOp) -> Result<(), OpError> {
    match op {
        LimitOp::Count { kind, key, quota, now } => count(work, *kind, *key, *quota, *now).await,
        LimitOp::CountMember { key, member, per, now } => count_member(work, *key, *member, *per, *now).await,
        LimitOp::CountFailure { key, now, forget_after } => count_failure(work, *key, *now, *forget_after).await,
        LimitOp::Forget { key } => work.delete(QUOTAS, by_key(*key)).await.map(drop),
        LimitOp::ForgetFailures { key } => work.delete(FAILURES, by_key(*key)).await.map(drop),
    }
}

async fn count(
    work: &mut Work<'_>,
    kind: LimitKind,
    key: LimitKey,
    quota: Quota,
    now: Timestamp,
) -> Result<(), OpError> {
    let mut window = work.find(QUOTAS, by_key(key), read_window).await?.unwrap_or_default();
    require(window.take(quota, now).is_ok(), Precondition::WithinQuota(kind))?;
    let fields = doc! { "tally": bytes(&window.to_bytes()), "expires_at": time(window.expires_at(quota)) };
    work.upsert(QUOTAS, by_key(key), doc! { "$set": fields }).await
}

async fn count_member(
    work: &mut Work<'_>,
    key: LimitKey,
    member: [u8; 8],
    per: Duration,
    now: Timestamp,
) -> Result<(), OpError> {
    let mut members = work.find(QUOTAS, by_key(key), read_members).await?.unwrap_or_default();
    members.add(member, per, now);
    let fields = doc! { "tally": bytes(&members.to_bytes()), "expires_at": time(members.expires_at(per)) };
    work.upsert(QUOTAS, by_key(key), doc! { "$set": fields }).await
}

async fn count_failure(
    work: &mut Work<'_>,
    key: LimitKey,
    now: Timestamp,
    forget_after: Duration,
) -> Result<(), OpError> {
    let failures = work.find(FAILURES, by_key(key), read_failures).await?.unwrap_or(FailedAttempts::NONE);
    let FailedAttempts { count, last_at } = failures.and_one(now, forget_after);
    let fields = doc! {
        "count": number(count.into()),
        "last_at": time(last_at),
        "expires_at": time(last_at.plus(forget_after)),
    };
    work.upsert(FAILURES, by_key(key), doc! { "$set": fields }).await
}

pub(super) fn contends(op: &LimitOp) -> Vec<Contended<'_>> {
    match op {
        LimitOp::Count { key, .. }
        | LimitOp::CountMember { key, .. }
        | LimitOp::CountFailure { key, .. }
        | LimitOp::Forget { key }
        | LimitOp::ForgetFailures { key } => vec![Contended::Quota(key.0)],
    }
}

/// Removes some of the oldest failures in excess of this number.
pub(in crate::mongodb) async fn trim_failures(db: &Database, kept: u64) -> Result<u64, OpError> {
    let failures = db.collection::<Document>(FAILURES);
    let Some(more) =
        failures.estimated_document_count().await?.checked_sub(kept).and_then(|beyond| beyond.checked_sub(1))
    else {
        return Ok(0);
    };
    // Removes those that expire no later than the newest surplus one; each step handles at most one sweep.
    let newest = more.min(super::SWEPT_AT_ONCE.unsigned_abs() - 1);
    let newest = failures.find_one(doc! {}).sort(doc! { "expires_at": 1 }).skip(newest).await?;
    match newest.and_then(|mut newest| newest.remove("expires_at")) {
        Some(end) => super::sweep(db, FAILURES, doc! { "expires_at": { "$lte": end } }).await,
        None => Ok(0),
    }
}
