//! One file per kind of object, with its reads, writes and statements.
//!
//! Each write is one or two statements. The number of affected rows shows whether its precondition held.

mod audit;
mod chains;
mod challenges;
mod changes;
pub(super) mod keys;
mod limits;
mod outbox;
mod records;
mod registrations;
mod sessions;
mod stats;
mod users;

use portcullis_core::{clock::Timestamp, port::Op};
use rusqlite::{Connection, OptionalExtension, Params, Row, params};

use super::error::OpError;

/// Returns every statement that searches for rows, so that a test can check its query plan. Excludes the small key
/// tables, which are read completely.
#[must_use]
pub fn statements() -> Vec<&'static str> {
    [
        audit::statements(),
        chains::statements(),
        challenges::statements(),
        changes::statements(),
        keys::statements(),
        limits::statements(),
        outbox::statements(),
        records::statements(),
        registrations::statements(),
        sessions::statements(),
        stats::statements(),
        users::statements(),
    ]
    .concat()
}

/// Maximum number of rows of a kind removed by one sweep, so that it does not block the writer for long.
const SWEPT_AT_ONCE: u32 = 1000;

/// Applies one operation, and appends its changes to the change log.
pub(super) fn apply(db: &Connection, op: &Op) -> Result<(), OpError> {
    apply_to_table(db, op)?;
    Ok(op.changes().try_for_each(|change| changes::append(db, &change))?)
}

fn apply_to_table(db: &Connection, op: &Op) -> Result<(), OpError> {
    match op {
        Op::Key(op) => keys::apply(db, op),
        Op::User(op) => users::apply(db, op),
        Op::Registration(op) => registrations::apply(db, op),
        Op::Challenge(op) => challenges::apply(db, op),
        Op::Session(op) => sessions::apply(db, op),
        Op::Limit(op) => limits::apply(db, op),
        Op::Outbox(op) => outbox::apply(db, op),
        Op::Record(op) => records::apply(db, op),
        Op::Audit(row) => audit::append(db, row),
        Op::Chain(op) => chains::apply(db, op),
        Op::Stat(op) => stats::apply(db, op),
    }
}

/// A step of the sweep: removes rows that had expired at this time, and returns their number.
pub(super) type Sweep = fn(&Connection, Timestamp) -> rusqlite::Result<u64>;

/// The steps of the sweep, one for each kind of row that expires.
pub(super) const SWEEPS: &[Sweep] = &[
    registrations::sweep,
    challenges::sweep,
    sessions::sweep,
    changes::sweep,
    records::sweep,
    outbox::sweep,
    limits::sweep_quotas,
    limits::sweep_failures,
];

pub(super) use limits::trim_failures;

/// Executes a write and returns the number of affected rows.
fn write(db: &Connection, sql: &str, params: impl Params) -> rusqlite::Result<usize> {
    db.prepare_cached(sql)?.execute(params)
}

/// Returns the matching row, if there is one.
fn find<T>(
    db: &Connection,
    sql: &str,
    params: impl Params,
    read: fn(&Row<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<Option<T>> {
    db.prepare_cached(sql)?.query_row(params, read).optional()
}

/// Returns all matching rows.
fn list<T>(
    db: &Connection,
    sql: &str,
    params: impl Params,
    read: fn(&Row<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<Vec<T>> {
    db.prepare_cached(sql)?.query_map(params, read)?.collect()
}

/// Removes some of the rows that have expired.
fn sweep(db: &Connection, sql: &str, before: Timestamp) -> rusqlite::Result<u64> {
    write(db, sql, params![before.millis(), SWEPT_AT_ONCE]).map(|rows| rows as u64)
}
