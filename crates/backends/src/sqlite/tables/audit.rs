//! The audit trail.

use std::sync::LazyLock;

use async_trait::async_trait;
use portcullis_core::{
    audit::{AuditEntry, AuditRow},
    id::{RealmName, RequestId, UserId},
    port::{Audit, StoreError},
    seal::BlindIndex,
};
use rusqlite::{Connection, Row, params};

use super::{list, write};
use crate::sqlite::{
    SqliteStore,
    error::OpError,
    row::{Columns, number},
    table::{Table, borrowed, owned},
};

const TABLE: Table<AuditRow> = Table {
    name: "audit",
    columns: &[
        ("at", |row| owned(row.at.millis())),
        ("realm", |row| borrowed(row.realm.as_str())),
        ("event", |row| borrowed(row.event.as_str())),
        ("reason", |row| borrowed(row.reason)),
        ("user_id", |row| borrowed(row.user.as_ref().map(|user| user.as_str()))),
        ("blind_index", |row| borrowed(row.index.as_ref().map(|index| index.0.as_slice()))),
        ("request_id", |row| borrowed(row.request_id.as_str())),
    ],
};

fn read(row: &Row<'_>) -> rusqlite::Result<AuditEntry> {
    let mut columns = Columns::of(row);
    Ok(AuditEntry {
        at: columns.time()?,
        realm: columns.realm()?,
        event: columns.value()?,
        reason: columns.value()?,
        user: columns.word_if_any(UserId::parse)?,
        index: columns.value::<Option<[u8; 32]>>()?.map(BlindIndex),
        request_id: columns.word(RequestId::parse)?,
    })
}

static APPEND: LazyLock<String> = LazyLock::new(|| TABLE.insert(""));
static NEWEST: LazyLock<String> =
    LazyLock::new(|| TABLE.select("WHERE realm = ?1 ORDER BY at DESC, position DESC LIMIT ?2"));

pub(super) fn statements() -> Vec<&'static str> {
    vec![&NEWEST]
}

#[async_trait]
impl Audit for SqliteStore {
    async fn audit_rows(&self, realm: &RealmName, limit: usize) -> Result<Vec<AuditEntry>, StoreError> {
        let realm = realm.clone();
        let query = move |db: &Connection| list(db, &NEWEST, params![realm.as_str(), number(limit as u64)], read);
        self.readers.read("audit_rows", query).await
    }
}

pub(super) fn append(db: &Connection, row: &AuditRow) -> Result<(), OpError> {
    write(db, &APPEND, TABLE.bind(row))?;
    Ok(())
}
