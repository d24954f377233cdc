//! Registrations that are not verified yet.

use std::sync::LazyLock;

use async_trait::async_trait;
use portcullis_core::{
    account::{Envelope, Registration},
    clock::Timestamp,
    id::{RealmName, UserId},
    port::{Precondition, RegistrationOp, Registrations, Replaces, StoreError},
    seal::BlindIndex,
};
use rusqlite::{Connection, Row, params};

use super::{find, write};
use crate::sqlite::{
    SqliteStore,
    error::{OpError, require},
    row::Columns,
    table::{Table, borrowed, owned},
};

const TABLE: Table<Registration> = Table {
    name: "registrations",
    columns: &[
        ("realm", |row| borrowed(row.realm.as_str())),
        ("id", |row| borrowed(row.id.as_str())),
        ("blind_index", |row| borrowed(row.index.0.as_slice())),
        ("data_key", |row| borrowed(row.envelope.data_key.as_bytes())),
        ("profile", |row| borrowed(row.envelope.profile.as_bytes())),
        ("password", |row| borrowed(row.envelope.password.as_bytes())),
        ("contested", |row| owned(row.contested)),
        ("created_at", |row| owned(row.created_at.millis())),
        ("expires_at", |row| owned(row.expires_at.millis())),
    ],
};

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

static INSERT: LazyLock<String> = LazyLock::new(|| TABLE.insert("ON CONFLICT DO NOTHING"));
const CLEAR: &str = "DELETE FROM registrations WHERE realm = ?1 AND blind_index = ?2";
const REPLACE: &str = "DELETE FROM registrations WHERE realm = ?1 AND blind_index = ?2 AND id = ?3 AND contested <= ?4";
const CONTEST: &str = "UPDATE registrations SET contested = max(contested, ?3), expires_at = max(expires_at, ?4)
    WHERE realm = ?1 AND id = ?2";
const DELETE: &str = "DELETE FROM registrations WHERE realm = ?1 AND id = ?2";
const SWEEP: &str = "DELETE FROM registrations WHERE rowid IN
    (SELECT rowid FROM registrations WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2)";
static BY_ID: LazyLock<String> = LazyLock::new(|| TABLE.select("WHERE realm = ?1 AND id = ?2"));
static BY_INDEX: LazyLock<String> = LazyLock::new(|| TABLE.select("WHERE realm = ?1 AND blind_index = ?2"));

pub(super) fn statements() -> Vec<&'static str> {
    vec![CLEAR, REPLACE, CONTEST, DELETE, SWEEP, &BY_ID, &BY_INDEX]
}

#[async_trait]
impl Registrations for SqliteStore {
    async fn registration(&self, realm: &RealmName, id: &UserId) -> Result<Option<Registration>, StoreError> {
        let (realm, id) = (realm.clone(), id.clone());
        let query = move |db: &Connection| find(db, &BY_ID, params![realm.as_str(), id.as_str()], read);
        self.readers.read("registration", query).await
    }
}

pub(super) fn by_index(
    db: &Connection,
    realm: &RealmName,
    index: BlindIndex,
) -> rusqlite::Result<Option<Registration>> {
    find(db, &BY_INDEX, params![realm.as_str(), index.0], read)
}

pub(super) fn apply(db: &Connection, op: &RegistrationOp) -> Result<(), OpError> {
    match op {
        RegistrationOp::Put { row, replaces } => put(db, row, replaces),
        RegistrationOp::Contest { realm, id, is_contested, expires_at } => {
            let params = params![realm.as_str(), id.as_str(), is_contested, expires_at.millis()];
            require(write(db, CONTEST, params)? == 1, Precondition::RegistrationThere)
        }
        RegistrationOp::Delete { realm, id } => {
            let deleted = write(db, DELETE, params![realm.as_str(), id.as_str()])?;
            require(deleted == 1, Precondition::RegistrationThere)
        }
    }
}

fn put(db: &Connection, row: &Registration, replaces: &Replaces) -> Result<(), OpError> {
    let realm = row.realm.as_str();
    match replaces {
        // An existing registration makes the insert fail.
        Replaces::Exactly(None) => {}
        Replaces::Exactly(Some(id)) => {
            let removed = write(db, REPLACE, params![realm, row.index.0, id.as_str(), row.contested])?;
            require(removed == 1, Precondition::RegistrationReplaced)?;
        }
        Replaces::Anything => {
            write(db, CLEAR, params![realm, row.index.0])?;
        }
    }
    require(write(db, &INSERT, TABLE.bind(row))? == 1, Precondition::RegistrationReplaced)
}

pub(super) fn sweep(db: &Connection, now: Timestamp) -> rusqlite::Result<u64> {
    super::sweep(db, SWEEP, now)
}
