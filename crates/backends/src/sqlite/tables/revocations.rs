//! The log of sessions that are over.

use portcullis_core::{
    clock::Timestamp,
    id::SessionId,
    session::{LogPosition, Revocation},
};
use rusqlite::{Connection, Row, params};

use super::{list, write};
use crate::sqlite::row::{Columns, number};

pub(super) const STATEMENTS: &[&str] = &[SWEEP, AFTER];

const APPEND: &str = "INSERT INTO revocations (realm, session, expires_at) VALUES (?1, ?2, ?3)";
const SWEEP: &str = "DELETE FROM revocations WHERE position IN
    (SELECT position FROM revocations WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2)";
const AFTER: &str =
    "SELECT position, realm, session, expires_at FROM revocations WHERE position > ?1 ORDER BY position";

pub(super) fn append(db: &Connection, ended: &Revocation) -> rusqlite::Result<()> {
    write(db, APPEND, params![ended.realm.as_str(), ended.session.as_str(), ended.expires_at.millis()]).map(drop)
}

pub(super) fn sweep(db: &Connection, now: Timestamp) -> rusqlite::Result<u64> {
    super::sweep(db, SWEEP, now)
}

pub(in crate::sqlite) fn after(
    db: &Connection,
    position: LogPosition,
) -> rusqlite::Result<(Vec<Revocation>, LogPosition)> {
    let entries = list(db, AFTER, params![number(position.0)], read)?;
    let behind = entries.last().map_or(position, |(position, _)| *position);
    Ok((entries.into_iter().map(|(_, entry)| entry).collect(), behind))
}

fn read(row: &Row<'_>) -> rusqlite::Result<(LogPosition, Revocation)> {
    let mut columns = Columns::of(row);
    let position = LogPosition(columns.count()?);
    let entry =
        Revocation { realm: columns.realm()?, session: columns.word(SessionId::parse)?, expires_at: columns.time()? };
    Ok((position, entry))
}
