//! Users.

use portcullis_core::{
    account::{Envelope, User},
    id::{RealmName, UserId},
    port::Precondition,
    seal::BlindIndex,
};
use rusqlite::{Connection, ErrorCode, Row, params};

use super::{find, write};
use crate::sqlite::{
    error::{OpError, require},
    row::{Columns, number},
};

pub(super) const STATEMENTS: &[&str] = &[UPDATE, DELETE, AT_REVISION, BY_ID, BY_INDEX];

const INSERT: &str = "INSERT INTO users
    (realm, id, blind_index, data_key, profile, password, phone_verified_at, created_at, revision, phone_disputed,
    password_set_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) ON CONFLICT DO NOTHING";
const UPDATE: &str = "UPDATE users SET blind_index = ?3, data_key = ?4, profile = ?5, password = ?6,
    phone_verified_at = ?7, created_at = ?8, revision = ?9, phone_disputed = ?10, password_set_at = ?11
    WHERE realm = ?1 AND id = ?2 AND revision = ?9 - 1";
const DELETE: &str = "DELETE FROM users WHERE realm = ?1 AND id = ?2 AND revision = ?3";
const AT_REVISION: &str = "SELECT 1 FROM users WHERE realm = ?1 AND id = ?2 AND revision = ?3";
const BY_ID: &str =
    "SELECT realm, id, blind_index, data_key, profile, password, phone_verified_at, created_at, revision, phone_disputed,
    password_set_at FROM users WHERE realm = ?1 AND id = ?2";
const BY_INDEX: &str =
    "SELECT realm, id, blind_index, data_key, profile, password, phone_verified_at, created_at, revision, phone_disputed,
    password_set_at FROM users WHERE realm = ?1 AND blind_index = ?2";

pub(super) fn insert(db: &Connection, user: &User) -> Result<(), OpError> {
    require(put(db, INSERT, user)? == 1, Precondition::UserFree)
}

pub(super) fn update(db: &Connection, user: &User) -> Result<(), OpError> {
    match put(db, UPDATE, user) {
        // The address, moved onto somebody else's.
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) => {
            Err(OpError::Failed(Precondition::UserFree))
        }
        updated => require(updated? == 1, Precondition::UserRevision),
    }
}

/// Needs the address to have a user, or none.
pub(super) fn require_address(
    db: &Connection,
    realm: &RealmName,
    index: BlindIndex,
    is_taken: bool,
) -> Result<(), OpError> {
    require(by_index(db, realm, index)?.is_some() == is_taken, Precondition::AddressAsSeen)
}

pub(super) fn delete(db: &Connection, realm: &RealmName, id: &UserId, revision: u64) -> Result<(), OpError> {
    let deleted = write(db, DELETE, params![realm.as_str(), id.as_str(), number(revision)])?;
    require(deleted == 1, Precondition::UserRevision)
}

fn put(db: &Connection, sql: &str, user: &User) -> rusqlite::Result<usize> {
    let params = params![
        user.realm.as_str(),
        user.id.as_str(),
        user.index.0,
        user.envelope.data_key.as_bytes(),
        user.envelope.profile.as_bytes(),
        user.envelope.password.as_bytes(),
        user.phone_verified_at.map(|at| at.millis()),
        user.created_at.millis(),
        number(user.revision),
        user.phone_disputed,
        user.password_set_at.millis(),
    ];
    write(db, sql, params)
}

pub(super) fn require_revision(db: &Connection, realm: &RealmName, id: &UserId, revision: u64) -> Result<(), OpError> {
    let there = find(db, AT_REVISION, params![realm.as_str(), id.as_str(), number(revision)], |_| Ok(()))?;
    require(there.is_some(), Precondition::UserRevision)
}

pub(in crate::sqlite) fn by_id(db: &Connection, realm: &RealmName, id: &UserId) -> rusqlite::Result<Option<User>> {
    find(db, BY_ID, params![realm.as_str(), id.as_str()], read)
}

pub(in crate::sqlite) fn by_index(
    db: &Connection,
    realm: &RealmName,
    index: BlindIndex,
) -> rusqlite::Result<Option<User>> {
    find(db, BY_INDEX, params![realm.as_str(), index.0], read)
}

fn read(row: &Row<'_>) -> rusqlite::Result<User> {
    let mut columns = Columns::of(row);
    Ok(User {
        realm: columns.realm()?,
        id: columns.word(UserId::parse)?,
        index: columns.index()?,
        envelope: Envelope { data_key: columns.sealed()?, profile: columns.sealed()?, password: columns.sealed()? },
        phone_verified_at: columns.time_if_any()?,
        created_at: columns.time()?,
        revision: columns.count()?,
        phone_disputed: columns.value()?,
        password_set_at: columns.time()?,
    })
}
