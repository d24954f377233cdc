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

use portcullis_core::{
    clock::Timestamp,
    port::{ChallengeOp, KeyOp, LimitOp, Op, OutboxOp, RegistrationOp, SessionOp, UserOp},
};
use rusqlite::{Connection, OptionalExtension, Params, Row, params};

use super::error::OpError;

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
pub(super) fn apply(db: &Connection, op: &Op) -> Result<(), OpError> {
    match op {
        Op::Key(KeyOp::PutRoot(row)) => root_keys::put(db, row),
        Op::Key(KeyOp::PutSigning(row)) => signing_keys::put(db, row),
        Op::Key(KeyOp::DeleteSigning { kid }) => signing_keys::delete(db, kid),
        Op::User(UserOp::RequireAddress { realm, index, is_taken }) => {
            users::require_address(db, realm, *index, *is_taken)
        }
        Op::Registration(RegistrationOp::Put { row, replaces }) => registrations::put(db, row, replaces),
        Op::Registration(RegistrationOp::Contest { realm, id, is_contested, expires_at }) => {
            registrations::contest(db, realm, id, *is_contested, *expires_at)
        }
        Op::Registration(RegistrationOp::Delete { realm, id }) => registrations::delete(db, realm, id),
        Op::User(UserOp::Insert(user)) => users::insert(db, user),
        Op::User(UserOp::Update(user)) => users::update(db, user),
        Op::User(UserOp::Delete { realm, id, revision }) => users::delete(db, realm, id, *revision),
        Op::User(UserOp::Require { realm, id, revision }) => users::require_revision(db, realm, id, *revision),
        Op::Challenge(ChallengeOp::Insert(challenge)) => challenges::insert(db, challenge),
        Op::Challenge(ChallengeOp::Spend { realm, id, now }) => challenges::spend(db, realm, *id, *now),
        Op::Challenge(ChallengeOp::Try { realm, id, now, limit }) => challenges::attempt(db, realm, *id, *now, *limit),
        Op::Challenge(ChallengeOp::Drop { realm, subject, purpose }) => {
            challenges::drop_all(db, realm, subject, *purpose)
        }
        Op::Challenge(ChallengeOp::Expire { realm, id, at }) => challenges::expire(db, realm, *id, *at),
        Op::Session(SessionOp::Insert(session)) => sessions::insert(db, session),
        Op::Session(SessionOp::End(revocation)) => sessions::end(db, revocation),
        Op::Session(SessionOp::EndAll { realm, user, except, expires_at }) => {
            sessions::end_all(db, realm, user, except.as_ref(), *expires_at)
        }
        Op::Session(SessionOp::Rotate { realm, id, from, to, at, idle_until }) => {
            sessions::rotate(db, realm, id, (from, to), *at, *idle_until)
        }
        Op::Limit(LimitOp::Count { kind, key, quota, now }) => limits::count(db, *kind, *key, *quota, *now),
        Op::Limit(LimitOp::CountFailure { key, now, forget_after }) => limits::fail(db, *key, *now, *forget_after),
        Op::Audit(row) => audit::append(db, row),
        Op::Outbox(OutboxOp::Enqueue(row)) => outbox::enqueue(db, row),
        Op::Outbox(OutboxOp::FinishDelivery { id, lease, outcome }) => outbox::settle(db, id, lease, *outcome),
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
