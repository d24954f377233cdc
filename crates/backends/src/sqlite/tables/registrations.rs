//! Registrations that wait for their address to be proved.

use portcullis_core::{
    account::{Envelope, Registration},
    clock::Timestamp,
    id::{RealmName, UserId},
    port::{Precondition, Replaces},
    seal::BlindIndex,
};
use rusqlite::{Connection, Row, params};

use super::{find, write};
use crate::sqlite::{
    error::{OpError, require},
    row::Columns,
};

pub(super) const STATEMENTS: &[&str] = &[CLEAR, REPLACE, CONTEST, DELETE, SWEEP, BY_ID, BY_INDEX];

const INSERT: &str = "INSERT INTO registrations
    (realm, id, blind_index, data_key, profile, password, contested, created_at, expires_at)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT DO NOTHING";
const CLEAR: &str = "DELETE FROM registrations WHERE realm = ?1 AND blind_index = ?2";
const REPLACE: &str = "DELETE FROM registrations WHERE realm = ?1 AND blind_index = ?2 AND id = ?3 AND contested <= ?4";
const CONTEST: &str = "UPDATE registrations SET contested = max(contested, ?3), expires_at = max(expires_at, ?4)
    WHERE realm = ?1 AND id = ?2";
const DELETE: &str = "DELETE FROM registrations WHERE realm = ?1 AND id = ?2";
const SWEEP: &str = "DELETE FROM registrations WHERE rowid IN
    (SELECT rowid FROM registrations WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2)";
const BY_ID: &str = "SELECT realm, id, blind_index, data_key, profile, password, contested, created_at,
    expires_at FROM registrations WHERE realm = ?1 AND id = ?2";
const BY_INDEX: &str = "SELECT realm, id, blind_index, data_key, profile, password, contested, created_at,
    expires_at FROM registrations WHERE realm = ?1 AND blind_index = ?2";

/// Where nothing is to be replaced, what stands there makes the insert fail.
pub(super) fn put(db: &Connection, row: &Registration, replaces: &Replaces) -> Result<(), OpError> {
    let realm = row.realm.as_str();
    match replaces {
        Replaces::Exactly(None) => {}
        Replaces::Exactly(Some(id)) => {
            let removed = write(db, REPLACE, params![realm, row.index.0, id.as_str(), row.contested])?;
            require(removed == 1, Precondition::RegistrationReplaced)?;
        }
        Replaces::Anything => {
            write(db, CLEAR, params![realm, row.index.0])?;
        }
    }
    let params = params![
        realm,
        row.id.as_str(),
        row.index.0,
        row.envelope.data_key.as_bytes(),
        row.envelope.profile.as_bytes(),
        row.envelope.password.as_bytes(),
        row.contested,
        row.created_at.millis(),
        row.expires_at.millis(),
    ];
    require(write(db, INSERT, params)? == 1, Precondition::RegistrationReplaced)
}

pub(super) fn contest(
    db: &Connection,
    realm: &RealmName,
    id: &UserId,
    is_contested: bool,
    expires_at: Timestamp,
) -> Result<(), OpError> {
    let there = write(db, CONTEST, params![realm.as_str(), id.as_str(), is_contested, expires_at.millis()])?;
    require(there == 1, Precondition::RegistrationThere)
}

pub(super) fn delete(db: &Connection, realm: &RealmName, id: &UserId) -> Result<(), OpError> {
    let deleted = write(db, DELETE, params![realm.as_str(), id.as_str()])?;
    require(deleted == 1, Precondition::RegistrationThere)
}

pub(super) fn sweep(db: &Connection, now: Timestamp) -> rusqlite::Result<u64> {
    super::sweep(db, SWEEP, now)
}

pub(in crate::sqlite) fn by_id(
    db: &Connection,
    realm: &RealmName,
    id: &UserId,
) -> rusqlite::Result<Option<Registration>> {
    find(db, BY_ID, params![realm.as_str(), id.as_str()], read)
}

pub(in crate::sqlite) fn by_index(
    db: &Connection,
    realm: &RealmName,
    index: BlindIndex,
) -> rusqlite::Result<Option<Registration>> {
    find(db, BY_INDEX, params![realm.as_str(), index.0], read)
}

fn read(row: &Row<'_>) -> rusqlite::Result<Registration> {
    let mut columns = Columns::of(row);
    Ok(Registration {
        realm: columns.realm()?,
        id: columns.word(UserId::parse)?,
        index: columns.index()?,
        envelope: Envelope { data_key: columns.sealed()?, profile: columns.sealed()?, password: columns.sealed()? },
        contested: columns.value()?,
        created_at: columns.time()?,
        expires_at: columns.time()?,
    })
}
