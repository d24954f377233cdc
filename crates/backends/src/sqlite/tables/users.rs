//! Users.

use std::sync::LazyLock;

use async_trait::async_trait;
use portcullis_core::{
    account::{Envelope, Lock, Role, User},
    clock::Timestamp,
    id::{RealmName, UserId},
    port::{AddressState, Precondition, StoreError, UserOp, UserPlace, UserQuery, Users},
    seal::{BlindIndex, Sealed},
};
use rusqlite::{Connection, ErrorCode, Row, params};

use super::{find, list, registrations, write};
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
        ("locked_at", |user| owned(user.lock.as_ref().map(|lock| lock.at.millis()))),
        ("locked_until", |user| owned(user.lock.as_ref().and_then(|lock| lock.until).map(|until| until.millis()))),
        ("lock_reason", |user| borrowed(user.lock.as_ref().map(|lock| lock.reason.as_bytes()))),
        ("seen_on", |user| owned(user.seen_on.map(|on| on.millis()))),
        ("is_invited", |user| owned(user.is_invited)),
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
        lock: lock(&mut columns)?,
        seen_on: columns.time_if_any()?,
        is_invited: columns.value()?,
        created_at: columns.time()?,
    })
}

fn lock(columns: &mut Columns<'_>) -> rusqlite::Result<Option<Lock>> {
    let (at, until) = (columns.time_if_any()?, columns.time_if_any()?);
    let reason = columns.value::<Option<Vec<u8>>>()?.map(Sealed::from_bytes);
    Ok(at.zip(reason).map(|(at, reason)| Lock { at, until, reason }))
}

static INSERT: LazyLock<String> = LazyLock::new(|| TABLE.insert("ON CONFLICT DO NOTHING"));
static UPDATE: LazyLock<String> =
    LazyLock::new(|| TABLE.update(2, "WHERE realm = ?1 AND id = ?2 AND revision = ?3 - 1"));
const DELETE: &str = "DELETE FROM users WHERE realm = ?1 AND id = ?2 AND revision = ?3";
const AT_REVISION: &str = "SELECT 1 FROM users WHERE realm = ?1 AND id = ?2 AND revision = ?3";
const SEEN: &str = "UPDATE users SET seen_on = ?3 WHERE realm = ?1 AND id = ?2 AND (seen_on IS NULL OR seen_on < ?3)";
static BY_ID: LazyLock<String> = LazyLock::new(|| TABLE.select("WHERE realm = ?1 AND id = ?2"));
static BY_INDEX: LazyLock<String> = LazyLock::new(|| TABLE.select("WHERE realm = ?1 AND blind_index = ?2"));

/// Conditions of a list. The bounds of the position are always included, so that the index is used.
const LISTED: &str = "realm = ?1 AND created_at >= ?4 AND created_at < ?5
    AND id >= ?6 AND id < ?7
    AND (?8 IS NULL OR two_step = ?8)
    AND (?9 IS NULL OR (locked_at IS NOT NULL AND (locked_until IS NULL OR locked_until > ?10)) = ?9)
    AND (?11 IS NULL OR seen_on IS NULL OR seen_on < ?11)
    AND (?12 IS NULL OR instr(roles, ?12) > 0)";
static OLDER: LazyLock<String> = LazyLock::new(|| {
    TABLE.select(&format!("WHERE {LISTED} AND (created_at, id) < (?2, ?3) ORDER BY created_at DESC, id DESC LIMIT ?13"))
});
static NEWER: LazyLock<String> = LazyLock::new(|| {
    TABLE.select(&format!("WHERE {LISTED} AND (created_at, id) > (?2, ?3) ORDER BY created_at, id LIMIT ?13"))
});

pub(super) fn statements() -> Vec<&'static str> {
    vec![&UPDATE, DELETE, AT_REVISION, SEEN, &BY_ID, &BY_INDEX, &OLDER, &NEWER]
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

    async fn users_page(&self, query: &UserQuery) -> Result<Vec<User>, StoreError> {
        let query = query.clone();
        self.readers.read("users_page", move |db: &Connection| page(db, &query)).await
    }
}

/// Sorts after every identifier, which consists of letters, digits, `-` and `_`.
const LAST: &str = "{";

fn page(db: &Connection, query: &UserQuery) -> rusqlite::Result<Vec<User>> {
    let (first, last) = (i64::MIN, i64::MAX);
    let nowhere = if query.is_backwards { (first, "") } else { (last, LAST) };
    let place = query.from.as_ref().map_or(nowhere, |UserPlace { created_at, id }| (created_at.millis(), id.as_str()));
    let millis = |time: Option<Timestamp>, otherwise| time.map_or(otherwise, Timestamp::millis);
    let params = params![
        query.realm.as_str(),
        place.0,
        place.1,
        millis(query.created_from, first),
        millis(query.created_before, last),
        query.id_prefix,
        format!("{}{LAST}", query.id_prefix),
        query.two_step,
        query.is_locked,
        query.now.millis(),
        query.seen_before.map(Timestamp::millis),
        query.role.as_ref().map(|role| format!("\"{}\"", role.as_str())),
        number(query.limit as u64),
    ];
    list(db, if query.is_backwards { &NEWER } else { &OLDER }, params, read)
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
        UserOp::Seen { realm, id, on } => {
            write(db, SEEN, params![realm.as_str(), id.as_str(), on.millis()])?;
            Ok(())
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
