//! Users.

use std::sync::LazyLock;

use async_trait::async_trait;
use portcullis_core::{
    account::{Envelope, Role, User},
    id::{RealmName, UserId},
    port::{AddressState, Precondition, StoreError, UserOp, Users},
    seal::BlindIndex,
};
use rusqlite::{Connection, ErrorCode, Row, params};

use super::{find, registrations, write};
use crate::sqlite::{
    SqliteStore,
    error::{OpError, require},
    row::{Columns, number},
    table::{Table, borrowed, owned},
};

const TABLE: Table<User> = Table {
    name: "users",
    columns: &[
        ("realm", |user| borrowed(user.realm.as_str())),
        ("id", |user| borrowed(user.id.as_str())),
        ("revision", |user| owned(number(user.revision))),
        ("blind_index", |user| borrowed(user.index.0.as_slice())),
        ("data_key", |user| borrowed(user.envelope.data_key.as_bytes())),
        ("profile", |user| borrowed(user.envelope.profile.as_bytes())),
        ("password", |user| borrowed(user.envelope.password.as_bytes())),
        ("password_set_at", |user| owned(user.password_set_at.millis())),
        ("phone_verified_at", |user| owned(user.phone_verified_at.map(|at| at.millis()))),
        ("phone_disputed", |user| owned(user.phone_disputed)),
        ("compromised", |user| owned(user.compromised)),
        ("two_step", |user| owned(user.two_step)),
        ("roles", |user| owned(words(&user.roles))),
        ("created_at", |user| owned(user.created_at.millis())),
    ],
};

fn words(roles: &[Role]) -> String {
    serde_json::Value::from_iter(roles.iter().map(Role::as_str)).to_string()
}

fn read(row: &Row<'_>) -> rusqlite::Result<User> {
    let mut columns = Columns::of(row);
    Ok(User {
        realm: columns.realm()?,
        id: columns.word(UserId::parse)?,
        revision: columns.count()?,
        index: columns.index()?,
        envelope: Envelope { data_key: columns.sealed()?, profile: columns.sealed()?, password: columns.sealed()? },
        password_set_at: columns.time()?,
        phone_verified_at: columns.time_if_any()?,
        phone_disputed: columns.value()?,
        compromised: columns.value()?,
        two_step: columns.value()?,
        roles: columns.words(Role::parse)?,
        created_at: columns.time()?,
    })
}

static INSERT: LazyLock<String> = LazyLock::new(|| TABLE.insert("ON CONFLICT DO NOTHING"));
static UPDATE: LazyLock<String> =
    LazyLock::new(|| TABLE.update(2, "WHERE realm = ?1 AND id = ?2 AND revision = ?3 - 1"));
const DELETE: &str = "DELETE FROM users WHERE realm = ?1 AND id = ?2 AND revision = ?3";
const AT_REVISION: &str = "SELECT 1 FROM users WHERE realm = ?1 AND id = ?2 AND revision = ?3";
static BY_ID: LazyLock<String> = LazyLock::new(|| TABLE.select("WHERE realm = ?1 AND id = ?2"));
static BY_INDEX: LazyLock<String> = LazyLock::new(|| TABLE.select("WHERE realm = ?1 AND blind_index = ?2"));

pub(super) fn statements() -> Vec<&'static str> {
    vec![&UPDATE, DELETE, AT_REVISION, &BY_ID, &BY_INDEX]
}

#[async_trait]
impl Users for SqliteStore {
    async fn user(&self, realm: &RealmName, id: &UserId) -> Result<Option<User>, StoreError> {
        let (realm, id) = (realm.clone(), id.clone());
        let query = move |db: &Connection| find(db, &BY_ID, params![realm.as_str(), id.as_str()], read);
        self.readers.read("user", query).await
    }

    async fn at_address(&self, realm: &RealmName, index: BlindIndex) -> Result<AddressState, StoreError> {
        let realm = realm.clone();
        let query = move |db: &Connection| {
            let moment = db.unchecked_transaction()?;
            let user = by_index(&moment, &realm, index)?;
            Ok(AddressState { user, registration: registrations::by_index(&moment, &realm, index)? })
        };
        self.readers.read("by_index", query).await
    }
}

fn by_index(db: &Connection, realm: &RealmName, index: BlindIndex) -> rusqlite::Result<Option<User>> {
    find(db, &BY_INDEX, params![realm.as_str(), index.0], read)
}

pub(super) fn apply(db: &Connection, op: &UserOp) -> Result<(), OpError> {
    match op {
        UserOp::Insert(user) => require(write(db, &INSERT, TABLE.bind(user))? == 1, Precondition::UserFree),
        UserOp::Update(user) => update(db, user),
        UserOp::Delete { realm, id, revision } => {
            let deleted = write(db, DELETE, params![realm.as_str(), id.as_str(), number(*revision)])?;
            require(deleted == 1, Precondition::UserRevision)
        }
        UserOp::Require { realm, id, revision } => {
            let user = find(db, AT_REVISION, params![realm.as_str(), id.as_str(), number(*revision)], |_| Ok(()))?;
            require(user.is_some(), Precondition::UserRevision)
        }
        UserOp::RequireAddress { realm, index, is_taken } => {
            require(by_index(db, realm, *index)?.is_some() == *is_taken, Precondition::AddressAsSeen)
        }
    }
}

fn update(db: &Connection, user: &User) -> Result<(), OpError> {
    match write(db, &UPDATE, TABLE.bind(user)) {
        // The new address belongs to another user.
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) => {
            Err(OpError::Failed(Precondition::UserFree))
        }
        updated => require(updated? == 1, Precondition::UserRevision),
    }
}
