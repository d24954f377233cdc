//! One file a table: its statements, what may be written, what may be asked.
//!
//! Each write is one statement or two, and finds out by the number of rows whether its precondition held.

pub(super) mod audit;
pub(super) mod challenges;
pub(super) mod limits;
pub(super) mod outbox;
pub(super) mod registrations;
pub(super) mod revocations;
pub(super) mod root_keys;
pub(super) mod sessions;
pub(super) mod signing_keys;
pub(super) mod users;

use portcullis_core::{clock::Timestamp, port::Op};
use rusqlite::{Connection, OptionalExtension, Params, Row, params};

use super::error::Fault;

/// Every statement that looks for rows, so that a test can see how SQLite would go about it; only the few root keys are read
/// as a whole.
pub const STATEMENTS: &[&[&str]] = &[
    challenges::STATEMENTS,
    limits::STATEMENTS,
    outbox::STATEMENTS,
    registrations::STATEMENTS,
    revocations::STATEMENTS,
    root_keys::STATEMENTS,
    sessions::STATEMENTS,
    signing_keys::STATEMENTS,
    users::STATEMENTS,
];

/// The most rows of a kind that one sweep removes: the writer is not held up for longer.
const SWEPT_AT_ONCE: u32 = 1000;

/// Does one operation.
pub(super) fn apply(db: &Connection, op: &Op) -> Result<(), Fault> {
    match op {
        Op::PutRootKey(row) => root_keys::put(db, row),
        Op::PutSigningKey(row) => signing_keys::put(db, row),
        Op::DeleteSigningKey { kid } => signing_keys::delete(db, kid),
        Op::RequireAddress { realm, index, is_taken } => users::require_address(db, realm, *index, *is_taken),
        Op::PutRegistration { row, replaces } => registrations::put(db, row, replaces),
        Op::ContestRegistration { realm, id, is_contested, expires_at } => {
            registrations::contest(db, realm, id, *is_contested, *expires_at)
        }
        Op::DeleteRegistration { realm, id } => registrations::delete(db, realm, id),
        Op::InsertUser(user) => users::insert(db, user),
        Op::UpdateUser(user) => users::update(db, user),
        Op::DeleteUser { realm, id, revision } => users::delete(db, realm, id, *revision),
        Op::RequireUser { realm, id, revision } => users::require_revision(db, realm, id, *revision),
        Op::InsertChallenge(challenge) => challenges::insert(db, challenge),
        Op::SpendChallenge { realm, id, now } => challenges::spend(db, realm, *id, *now),
        Op::TryChallenge { realm, id, now, limit } => challenges::attempt(db, realm, *id, *now, *limit),
        Op::DropChallenges { realm, subject, purpose } => challenges::drop_all(db, realm, subject, *purpose),
        Op::ExpireChallenge { realm, id, at } => challenges::expire(db, realm, *id, *at),
        Op::InsertSession(session) => sessions::insert(db, session),
        Op::EndSession(revocation) => sessions::end(db, revocation),
        Op::EndSessionsOf { realm, user, except, expires_at } => {
            sessions::end_all(db, realm, user, except.as_ref(), *expires_at)
        }
        Op::RotateRefresh { realm, id, from, to, at, idle_until } => {
            sessions::rotate(db, realm, id, (from, to), *at, *idle_until)
        }
        Op::Count { row, key, quota, now } => limits::count(db, *row, *key, *quota, *now),
        Op::CountFailure { key, now, forget_after } => limits::fail(db, *key, *now, *forget_after),
        Op::Audit(row) => audit::append(db, row),
        Op::Enqueue(row) => outbox::enqueue(db, row),
        Op::Settle { id, lease, outcome } => outbox::settle(db, id, lease, *outcome),
    }
}

/// A step of the sweep: removes some of what had lapsed by this time, and says how much.
pub(super) type Sweep = fn(&Connection, Timestamp) -> rusqlite::Result<u64>;

/// One for each kind of thing that lapses.
pub(super) const SWEEPS: &[Sweep] = &[
    registrations::sweep,
    challenges::sweep,
    sessions::sweep,
    revocations::sweep,
    outbox::sweep,
    limits::sweep_quotas,
    limits::sweep_failures,
];

/// Writes; how many rows it touched.
fn write(db: &Connection, sql: &str, params: impl Params) -> rusqlite::Result<usize> {
    db.prepare_cached(sql)?.execute(params)
}

/// The row, if there is one.
fn find<T>(
    db: &Connection,
    sql: &str,
    params: impl Params,
    read: fn(&Row<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<Option<T>> {
    db.prepare_cached(sql)?.query_row(params, read).optional()
}

/// All rows.
fn list<T>(
    db: &Connection,
    sql: &str,
    params: impl Params,
    read: fn(&Row<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<Vec<T>> {
    db.prepare_cached(sql)?.query_map(params, read)?.collect()
}

/// Removes some of what had lapsed.
fn sweep(db: &Connection, sql: &str, before: Timestamp) -> rusqlite::Result<u64> {
    write(db, sql, params![before.millis(), SWEPT_AT_ONCE]).map(|rows| rows as u64)
}
