//! Quotas, and wrong passwords.

use std::time::Duration;

use portcullis_core::{
    clock::Timestamp,
    limit::{self, FailedAttempts, LimitKey, Quota, SlidingWindow},
    port::Precondition,
};
use rusqlite::{Connection, Row, params};

use super::{find, write};
use crate::sqlite::{
    error::{OpError, require},
    row::{Columns, number},
};

pub(super) const STATEMENTS: &[&str] = &[TALLY, FAILURES, SWEEP_QUOTAS, SWEEP_FAILURES];

const PUT_TALLY: &str = "INSERT INTO quotas (key, tally, expires_at) VALUES (?1, ?2, ?3)
    ON CONFLICT (key) DO UPDATE SET tally = excluded.tally, expires_at = excluded.expires_at";
const TALLY: &str = "SELECT tally FROM quotas WHERE key = ?1";
const PUT_FAILURES: &str = "INSERT INTO failures (key, count, last_at, expires_at) VALUES (?1, ?2, ?3, ?4)
    ON CONFLICT (key) DO UPDATE SET count = excluded.count, last_at = excluded.last_at, expires_at = excluded.expires_at";
const FAILURES: &str = "SELECT count, last_at FROM failures WHERE key = ?1";
const SWEEP_QUOTAS: &str = "DELETE FROM quotas WHERE key IN
    (SELECT key FROM quotas WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2)";
const SWEEP_FAILURES: &str = "DELETE FROM failures WHERE key IN
    (SELECT key FROM failures WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2)";
// Has to count them all, in the smallest of the indexes: some 30 ms for a million.
const TRIM_FAILURES: &str = "DELETE FROM failures WHERE key IN
    (SELECT key FROM failures ORDER BY expires_at LIMIT max(0, min(?2, (SELECT count(*) FROM failures) - ?1)))";

pub(super) fn count(
    db: &Connection,
    row: limit::LimitKind,
    key: LimitKey,
    quota: Quota,
    now: Timestamp,
) -> Result<(), OpError> {
    let mut tally = tally(db, key)?;
    require(tally.take(quota, now).is_ok(), Precondition::WithinQuota(row))?;
    write(db, PUT_TALLY, params![key.0, tally.to_bytes(), tally.expires_at(quota).millis()])?;
    Ok(())
}

pub(super) fn fail(db: &Connection, key: LimitKey, now: Timestamp, forget_after: Duration) -> Result<(), OpError> {
    let failures = failures(db, key)?.and_one(now, forget_after);
    let FailedAttempts { count, last_at } = failures;
    write(db, PUT_FAILURES, params![key.0, count, last_at.millis(), last_at.plus(forget_after).millis()])?;
    Ok(())
}

pub(super) fn sweep_quotas(db: &Connection, now: Timestamp) -> rusqlite::Result<u64> {
    super::sweep(db, SWEEP_QUOTAS, now)
}

pub(super) fn sweep_failures(db: &Connection, now: Timestamp) -> rusqlite::Result<u64> {
    super::sweep(db, SWEEP_FAILURES, now)
}

/// Forgets some of the oldest beyond so many.
pub(in crate::sqlite) fn trim_failures(db: &Connection, kept: u64) -> rusqlite::Result<u64> {
    write(db, TRIM_FAILURES, params![number(kept), super::SWEPT_AT_ONCE]).map(|rows| rows as u64)
}

pub(in crate::sqlite) fn tally(db: &Connection, key: LimitKey) -> rusqlite::Result<SlidingWindow> {
    let bytes: Option<Vec<u8>> = find(db, TALLY, params![key.0], |row| row.get(0))?;
    Ok(bytes.map(|bytes| SlidingWindow::from_bytes(&bytes)).unwrap_or_default())
}

pub(in crate::sqlite) fn failures(db: &Connection, key: LimitKey) -> rusqlite::Result<FailedAttempts> {
    Ok(find(db, FAILURES, params![key.0], read)?.unwrap_or(FailedAttempts::NONE))
}

fn read(row: &Row<'_>) -> rusqlite::Result<FailedAttempts> {
    let mut columns = Columns::of(row);
    Ok(FailedAttempts { count: columns.value()?, last_at: columns.time()? })
}
