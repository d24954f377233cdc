//! Limits: quota usage and failed password attempts.

use std::time::Duration;

use async_trait::async_trait;
use portcullis_core::{
    clock::Timestamp,
    limit::{FailedAttempts, LimitKey, LimitKind, Members, Quota, SlidingWindow},
    port::{LimitOp, LimitState, Precondition, StoreError},
};
use rusqlite::{Connection, Row, params};

use super::{find, write};
use crate::sqlite::{
    SqliteStore,
    error::{OpError, require},
    row::{Columns, number},
};

const FORGET_FAILURES: &str = "DELETE FROM failures WHERE key = ?1";
const FORGET: &str = "DELETE FROM quotas WHERE key = ?1";
const PUT_WINDOW: &str = "INSERT INTO quotas (key, tally, expires_at) VALUES (?1, ?2, ?3)
    ON CONFLICT (key) DO UPDATE SET tally = excluded.tally, expires_at = excluded.expires_at";
const WINDOW: &str = "SELECT tally FROM quotas WHERE key = ?1";
const PUT_FAILURES: &str = "INSERT INTO failures (key, count, last_at, expires_at) VALUES (?1, ?2, ?3, ?4)
    ON CONFLICT (key) DO UPDATE SET count = excluded.count, last_at = excluded.last_at, expires_at = excluded.expires_at";
const FAILURES: &str = "SELECT count, last_at FROM failures WHERE key = ?1";
const SWEEP_QUOTAS: &str = "DELETE FROM quotas WHERE key IN
    (SELECT key FROM quotas WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2)";
const SWEEP_FAILURES: &str = "DELETE FROM failures WHERE key IN
    (SELECT key FROM failures WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2)";
// Counts all rows using the smallest index, which takes about 30 ms for a million rows.
const TRIM_FAILURES: &str = "DELETE FROM failures WHERE key IN
    (SELECT key FROM failures ORDER BY expires_at LIMIT max(0, min(?2, (SELECT count(*) FROM failures) - ?1)))";

pub(super) fn statements() -> Vec<&'static str> {
    vec![WINDOW, FAILURES, SWEEP_QUOTAS, SWEEP_FAILURES]
}

#[async_trait]
impl LimitState for SqliteStore {
    async fn failures(&self, key: LimitKey) -> Result<FailedAttempts, StoreError> {
        self.readers.read("failures", move |db| failures(db, key)).await
    }

    async fn window(&self, key: LimitKey) -> Result<SlidingWindow, StoreError> {
        self.readers.read("tally", move |db| window(db, key)).await
    }

    async fn members(&self, key: LimitKey) -> Result<Members, StoreError> {
        self.readers.read("members", move |db| members(db, key)).await
    }
}

pub(super) fn apply(db: &Connection, op: &LimitOp) -> Result<(), OpError> {
    match op {
        LimitOp::Count { kind, key, quota, now } => count(db, *kind, *key, *quota, *now),
        LimitOp::CountMember { key, member, per, now } => count_member(db, *key, *member, *per, *now),
        LimitOp::CountFailure { key, now, forget_after } => count_failure(db, *key, *now, *forget_after),
        LimitOp::Forget { key } => {
            write(db, FORGET, params![key.0])?;
            Ok(())
        }
        LimitOp::ForgetFailures { key } => {
            write(db, FORGET_FAILURES, params![key.0])?;
            Ok(())
        }
    }
}

fn count(db: &Connection, kind: LimitKind, key: LimitKey, quota: Quota, now: Timestamp) -> Result<(), OpError> {
    let mut window = window(db, key)?;
    require(window.take(quota, now).is_ok(), Precondition::WithinQuota(kind))?;
    write(db, PUT_WINDOW, params![key.0, window.to_bytes(), window.expires_at(quota).millis()])?;
    Ok(())
}

fn count_member(db: &Connection, key: LimitKey, member: [u8; 8], per: Duration, now: Timestamp) -> Result<(), OpError> {
    let mut members = members(db, key)?;
    members.add(member, per, now);
    write(db, PUT_WINDOW, params![key.0, members.to_bytes(), members.expires_at(per).millis()])?;
    Ok(())
}

fn count_failure(db: &Connection, key: LimitKey, now: Timestamp, forget_after: Duration) -> Result<(), OpError> {
    let FailedAttempts { count, last_at } = failures(db, key)?.and_one(now, forget_after);
    write(db, PUT_FAILURES, params![key.0, count, last_at.millis(), last_at.plus(forget_after).millis()])?;
    Ok(())
}

fn window(db: &Connection, key: LimitKey) -> rusqlite::Result<SlidingWindow> {
    Ok(SlidingWindow::from_bytes(&tally(db, key)?))
}

fn members(db: &Connection, key: LimitKey) -> rusqlite::Result<Members> {
    Ok(Members::from_bytes(&tally(db, key)?))
}

fn tally(db: &Connection, key: LimitKey) -> rusqlite::Result<Vec<u8>> {
    Ok(find(db, WINDOW, params![key.0], |row| row.get(0))?.unwrap_or_default())
}

fn failures(db: &Connection, key: LimitKey) -> rusqlite::Result<FailedAttempts> {
    Ok(find(db, FAILURES, params![key.0], read_failures)?.unwrap_or(FailedAttempts::NONE))
}

fn read_failures(row: &Row<'_>) -> rusqlite::Result<FailedAttempts> {
    let mut columns = Columns::of(row);
    Ok(FailedAttempts { count: columns.value()?, last_at: columns.time()? })
}

pub(super) fn sweep_quotas(db: &Connection, now: Timestamp) -> rusqlite::Result<u64> {
    super::sweep(db, SWEEP_QUOTAS, now)
}

pub(super) fn sweep_failures(db: &Connection, now: Timestamp) -> rusqlite::Result<u64> {
    super::sweep(db, SWEEP_FAILURES, now)
}

/// Removes some of the oldest failures in excess of this number.
pub(in crate::sqlite) fn trim_failures(db: &Connection, kept: u64) -> rusqlite::Result<u64> {
    write(db, TRIM_FAILURES, params![number(kept), super::SWEPT_AT_ONCE]).map(|rows| rows as u64)
}
