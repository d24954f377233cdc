//! Records of all kinds.

use std::sync::LazyLock;

use async_trait::async_trait;
use portcullis_core::{
    clock::Timestamp,
    id::{RealmName, UserId},
    port::{Precondition, RecordOp, Records, StoreError},
    record::{RecordKind, RecordRow},
};
use rusqlite::{Connection, Row, params};

use super::{find, list, write};
use crate::sqlite::{
    SqliteStore,
    error::{OpError, require},
    row::{Columns, number},
    table::{Table, borrowed, owned},
};

const TABLE: Table<RecordRow> = Table {
    name: "records",
    columns: &[
        ("realm", |row| borrowed(row.realm.as_str())),
        ("kind", |row| borrowed(row.kind.as_str())),
        ("key", |row| borrowed(row.key.as_str())),
        ("owner", |row| owned(row.owner.as_ref().map(|owner| owner.as_str().to_owned()))),
        ("expires_at", |row| owned(row.expires_at.map(|at| at.millis()))),
        ("revision", |row| owned(number(row.revision))),
        ("body", |row| borrowed(row.body.as_bytes())),
    ],
};

fn read(row: &Row<'_>) -> rusqlite::Result<RecordRow> {
    let mut columns = Columns::of(row);
    Ok(RecordRow {
        realm: columns.realm()?,
        kind: columns.word(RecordKind::parse)?,
        key: columns.value()?,
        owner: columns.word_if_any(UserId::parse)?,
        expires_at: columns.time_if_any()?,
        revision: columns.count()?,
        body: columns.sealed()?,
    })
}

static INSERT: LazyLock<String> = LazyLock::new(|| TABLE.insert("ON CONFLICT DO NOTHING"));
static REPLACE: LazyLock<String> =
    LazyLock::new(|| TABLE.update(3, "WHERE realm = ?1 AND kind = ?2 AND key = ?3 AND revision = ?6 - 1"));
const DELETE: &str =
    "DELETE FROM records WHERE realm = ?1 AND kind = ?2 AND key = ?3 AND (?4 IS NULL OR revision = ?4)";
const DELETE_OF: &str = "DELETE FROM records WHERE realm = ?1 AND owner = ?2 AND (?3 IS NULL OR kind = ?3)";
const AT_REVISION: &str = "SELECT 1 FROM records WHERE realm = ?1 AND kind = ?2 AND key = ?3 AND revision = ?4";
const OF_OTHERS: &str = "SELECT 1 FROM records
    WHERE realm = ?1 AND kind = ?2 AND key = ?3 AND owner IS NOT ?4 AND (expires_at IS NULL OR expires_at > ?5)";
const SWEEP: &str = "DELETE FROM records WHERE (realm, kind, key) IN
    (SELECT realm, kind, key FROM records WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2)";
static BY_KEY: LazyLock<String> = LazyLock::new(|| TABLE.select("WHERE realm = ?1 AND kind = ?2 AND key = ?3"));
static BY_OWNER: LazyLock<String> =
    LazyLock::new(|| TABLE.select("WHERE realm = ?1 AND owner = ?2 AND (?3 IS NULL OR kind = ?3) ORDER BY kind, key"));
static PAGE: LazyLock<String> =
    LazyLock::new(|| TABLE.select("WHERE realm = ?1 AND kind = ?2 AND key > ?3 ORDER BY key LIMIT ?4"));

pub(super) fn statements() -> Vec<&'static str> {
    vec![&REPLACE, DELETE, DELETE_OF, AT_REVISION, OF_OTHERS, SWEEP, &BY_KEY, &BY_OWNER, &PAGE]
}

#[async_trait]
impl Records for SqliteStore {
    async fn record(&self, realm: &RealmName, kind: RecordKind, key: &str) -> Result<Option<RecordRow>, StoreError> {
        let (realm, key) = (realm.clone(), key.to_owned());
        let query = move |db: &Connection| find(db, &BY_KEY, params![realm.as_str(), kind.as_str(), key], read);
        self.readers.read("record", query).await
    }

    async fn records_of(
        &self,
        realm: &RealmName,
        owner: &UserId,
        kind: Option<RecordKind>,
    ) -> Result<Vec<RecordRow>, StoreError> {
        let (realm, owner) = (realm.clone(), owner.clone());
        let query = move |db: &Connection| {
            list(db, &BY_OWNER, params![realm.as_str(), owner.as_str(), kind.map(RecordKind::as_str)], read)
        };
        self.readers.read("records_of", query).await
    }

    async fn records_page(
        &self,
        realm: &RealmName,
        kind: RecordKind,
        after: &str,
        limit: usize,
    ) -> Result<Vec<RecordRow>, StoreError> {
        let (realm, after) = (realm.clone(), after.to_owned());
        let query = move |db: &Connection| {
            list(db, &PAGE, params![realm.as_str(), kind.as_str(), after, number(limit as u64)], read)
        };
        self.readers.read("records_page", query).await
    }
}

pub(super) fn apply(db: &Connection, op: &RecordOp) -> Result<(), OpError> {
    match op {
        RecordOp::Insert(row) => require(write(db, &INSERT, TABLE.bind(row))? == 1, Precondition::RecordFree),
        RecordOp::Replace(row) => require(write(db, &REPLACE, TABLE.bind(row))? == 1, Precondition::RecordRevision),
        RecordOp::Delete { realm, kind, key, revision } => {
            let params = params![realm.as_str(), kind.as_str(), key, revision.map(number)];
            require(write(db, DELETE, params)? == 1, Precondition::RecordRevision)
        }
        RecordOp::DeleteOf { realm, owner, kind } => {
            write(db, DELETE_OF, params![realm.as_str(), owner.as_str(), kind.map(RecordKind::as_str)])?;
            Ok(())
        }
        RecordOp::RequireFree { realm, kind, key, owner, now } => {
            let params = params![realm.as_str(), kind.as_str(), key, owner.as_str(), now.millis()];
            require(find(db, OF_OTHERS, params, |_| Ok(()))?.is_none(), Precondition::RecordFree)
        }
        RecordOp::Require { realm, kind, key, revision } => {
            let params = params![realm.as_str(), kind.as_str(), key, number(*revision)];
            require(find(db, AT_REVISION, params, |_| Ok(()))?.is_some(), Precondition::RecordRevision)
        }
    }
}

pub(super) fn sweep(db: &Connection, now: Timestamp) -> rusqlite::Result<u64> {
    super::sweep(db, SWEEP, now)
}
