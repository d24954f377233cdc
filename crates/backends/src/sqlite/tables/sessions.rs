//! Sessions that go on.

use portcullis_core::{
    clock::Timestamp,
    id::{SessionId, UserId},
    port::Precondition,
    realm::RealmName,
    session::{Revocation, Session},
};
use rusqlite::{Connection, Row, params};

use super::{find, revocations, write};
use crate::sqlite::{
    error::{Fault, require},
    row::Columns,
};

pub(super) const STATEMENTS: &[&str] = &[DELETE, SWEEP, BY_ID];

const INSERT: &str = "INSERT INTO sessions (realm, id, user_id, auth_time, amr, client, created_at, expires_at)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT DO NOTHING";
const DELETE: &str = "DELETE FROM sessions WHERE realm = ?1 AND id = ?2";
const SWEEP: &str = "DELETE FROM sessions WHERE (realm, id) IN
    (SELECT realm, id FROM sessions WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2)";
const BY_ID: &str = "SELECT realm, id, user_id, auth_time, amr, client, created_at, expires_at
    FROM sessions WHERE realm = ?1 AND id = ?2";

pub(super) fn insert(db: &Connection, session: &Session) -> Result<(), Fault> {
    let params = params![
        session.realm.as_str(),
        session.id.as_str(),
        session.user.as_str(),
        session.auth_time.millis(),
        serde_json::Value::from(session.amr.as_slice()).to_string(),
        session.client.as_bytes(),
        session.created_at.millis(),
        session.expires_at.millis(),
    ];
    require(write(db, INSERT, params)? == 1, Precondition::SessionThere)
}

/// Removes the session and says so in the log.
pub(super) fn end(db: &Connection, ended: &Revocation) -> Result<(), Fault> {
    let deleted = write(db, DELETE, params![ended.realm.as_str(), ended.session.as_str()])?;
    require(deleted == 1, Precondition::SessionThere)?;
    Ok(revocations::append(db, ended)?)
}

pub(super) fn sweep(db: &Connection, now: Timestamp) -> rusqlite::Result<u64> {
    super::sweep(db, SWEEP, now)
}

pub(in crate::sqlite) fn by_id(
    db: &Connection,
    realm: &RealmName,
    id: &SessionId,
) -> rusqlite::Result<Option<Session>> {
    find(db, BY_ID, params![realm.as_str(), id.as_str()], read)
}

fn read(row: &Row<'_>) -> rusqlite::Result<Session> {
    let mut columns = Columns::of(row);
    Ok(Session {
        realm: columns.realm()?,
        id: columns.word(SessionId::parse)?,
        user: columns.word(UserId::parse)?,
        auth_time: columns.time()?,
        amr: columns.word(|words| serde_json::from_str(words).ok())?,
        client: columns.sealed()?,
        created_at: columns.time()?,
        expires_at: columns.time()?,
    })
}
