//! Sessions that go on.

use portcullis_core::{
    clock::Timestamp,
    id::{RealmName, SessionId, UserId},
    port::Precondition,
    session::{Family, Revocation, Session, TokenHash},
};
use rusqlite::{Connection, Row, params};

use super::{find, list, revocations, write};
use crate::sqlite::{
    error::{OpError, require},
    row::Columns,
};

pub(super) const STATEMENTS: &[&str] = &[DELETE, DELETE_ALL, ROTATE, SWEEP, BY_ID];

const INSERT: &str = "INSERT INTO sessions (realm, id, user_id, auth_time, amr, client, created_at, expires_at, refresh, previous, rotated_at, idle_until)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12) ON CONFLICT DO NOTHING";
const DELETE: &str = "DELETE FROM sessions WHERE realm = ?1 AND id = ?2";
const DELETE_ALL: &str = "DELETE FROM sessions WHERE realm = ?1 AND user_id = ?2 AND id IS NOT ?3 RETURNING id";
const ROTATE: &str = "UPDATE sessions SET refresh = ?4, previous = ?3, rotated_at = ?5, idle_until = ?6
    WHERE realm = ?1 AND id = ?2 AND refresh = ?3";
const SWEEP: &str = "DELETE FROM sessions WHERE (realm, id) IN
    (SELECT realm, id FROM sessions WHERE expires_at <= ?1 OR idle_until <= ?1 LIMIT ?2)";
const BY_ID: &str = "SELECT realm, id, user_id, auth_time, amr, client, created_at, expires_at,
    refresh, previous, rotated_at, idle_until FROM sessions WHERE realm = ?1 AND id = ?2";

pub(super) fn insert(db: &Connection, session: &Session) -> Result<(), OpError> {
    let params = params![
        session.realm.as_str(),
        session.id.as_str(),
        session.user.as_str(),
        session.auth_time.millis(),
        serde_json::Value::from_iter(session.amr.iter().map(|amr| amr.as_str())).to_string(),
        session.client.as_bytes(),
        session.created_at.millis(),
        session.expires_at.millis(),
        session.family.current.0,
        session.family.previous.map(|hash| hash.0),
        session.family.rotated_at.millis(),
        session.family.idle_until.millis(),
    ];
    require(write(db, INSERT, params)? == 1, Precondition::SessionThere)
}

/// Removes the session and says so in the log.
pub(super) fn end(db: &Connection, ended: &Revocation) -> Result<(), OpError> {
    let deleted = write(db, DELETE, params![ended.realm.as_str(), ended.session.as_str()])?;
    require(deleted == 1, Precondition::SessionThere)?;
    Ok(revocations::append(db, ended)?)
}

/// Removes all sessions of a user but one, and says so in the log.
pub(super) fn end_all(
    db: &Connection,
    realm: &RealmName,
    user: &UserId,
    except: Option<&SessionId>,
    expires_at: Timestamp,
) -> Result<(), OpError> {
    let params = params![realm.as_str(), user.as_str(), except.map(SessionId::as_str)];
    let ended = list(db, DELETE_ALL, params, |row| Columns::of(row).word(SessionId::parse))?;
    for session in ended {
        revocations::append(db, &Revocation { realm: realm.clone(), session, expires_at })?;
    }
    Ok(())
}

/// Moves the family on, from one token to the next.
pub(super) fn rotate(
    db: &Connection,
    realm: &RealmName,
    id: &SessionId,
    (from, to): (&TokenHash, &TokenHash),
    at: Timestamp,
    idle_until: Timestamp,
) -> Result<(), OpError> {
    let params = params![realm.as_str(), id.as_str(), from.0, to.0, at.millis(), idle_until.millis()];
    require(write(db, ROTATE, params)? == 1, Precondition::RefreshNewest)
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
        family: Family {
            current: columns.value().map(TokenHash)?,
            previous: columns.value::<Option<[u8; 32]>>()?.map(TokenHash),
            rotated_at: columns.time()?,
            idle_until: columns.time()?,
        },
    })
}
