//! Quotas, and wrong passwords.

use std::time::Duration;

use mongodb::{
    Database,
    bson::{Document, doc},
};
use portcullis_core::{
    clock::Timestamp,
    limit::{FailedAttempts, LimitKey, LimitKind, Quota, SlidingWindow},
    port::Precondition,
};

use crate::mongodb::{
    error::{OpError, Unreadable, require},
    fields::{DocumentFields, bytes, number, time},
    work::{Work, find},
};

pub(in crate::mongodb) const QUOTAS: &str = "quotas";
pub(in crate::mongodb) const FAILURES: &str = "failures";

pub(super) async fn count(
    work: &mut Work<'_>,
    row: LimitKind,
    key: LimitKey,
    quota: Quota,
    now: Timestamp,
) -> Result<(), OpError> {
    let mut tally = work.find(QUOTAS, by_key(key), read_tally).await?.unwrap_or_default();
    require(tally.take(quota, now).is_ok(), Precondition::WithinQuota(row))?;
    let fields = doc! { "tally": bytes(&tally.to_bytes()), "expires_at": time(tally.expires_at(quota)) };
    work.upsert(QUOTAS, by_key(key), doc! { "$set": fields }).await
}

pub(super) async fn fail(
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

/// Forgets some of the oldest beyond so many.
pub(in crate::mongodb) async fn trim_failures(db: &Database, kept: u64) -> Result<u64, OpError> {
    let failures = db.collection::<Document>(FAILURES);
    let Some(more) =
        failures.estimated_document_count().await?.checked_sub(kept).and_then(|beyond| beyond.checked_sub(1))
    else {
        return Ok(0);
    };
    // All that end no later than the newest of them; no more are looked at than one step takes.
    let newest = more.min(super::SWEPT_AT_ONCE.unsigned_abs() - 1);
    let newest = failures.find_one(doc! {}).sort(doc! { "expires_at": 1 }).skip(newest).await?;
    match newest.and_then(|mut newest| newest.remove("expires_at")) {
        Some(end) => super::sweep(db, FAILURES, doc! { "expires_at": { "$lte": end } }).await,
        None => Ok(0),
    }
}

pub(in crate::mongodb) async fn tally(db: &Database, key: LimitKey) -> Result<SlidingWindow, OpError> {
    Ok(find(db, QUOTAS, by_key(key), read_tally).await?.unwrap_or_default())
}

pub(in crate::mongodb) async fn failures(db: &Database, key: LimitKey) -> Result<FailedAttempts, OpError> {
    Ok(find(db, FAILURES, by_key(key), read_failures).await?.unwrap_or(FailedAttempts::NONE))
}

fn by_key(key: LimitKey) -> Document {
    doc! { "_id": bytes(&key.0) }
}

fn read_tally(mut fields: DocumentFields) -> Result<SlidingWindow, Unreadable> {
    Ok(SlidingWindow::from_bytes(&fields.binary("tally")?))
}

fn read_failures(mut fields: DocumentFields) -> Result<FailedAttempts, Unreadable> {
    Ok(FailedAttempts { count: fields.count("count")?, last_at: fields.time("last_at")? })
}
