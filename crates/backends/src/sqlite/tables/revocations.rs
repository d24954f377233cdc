//! The revocation log.

use std::sync::LazyLock;

use async_trait::async_trait;
use portcullis_core::{
    clock::Timestamp,
    id::SessionId,
    port::{Changes, StoreError},
    session::{LogPosition, Revocation},
};
use rusqlite::{Connection, Row, params};

use super::{list, write};
use crate::sqlite::{
    SqliteStore,
    row::{Columns, number},
    table::{Table, borrowed, owned},
};

const TABLE: Table<Revocation> = Table {
    name: "revocations",
    columns: &[
        ("realm", |ended| borrowed(ended.realm.as_str())),
        ("session", |ended| borrowed(ended.session.as_str())),
        ("expires_at", |ended| owned(ended.expires_at.millis())),
    ],
};

/// Reads an entry behind its position.
fn read(row: &Row<'_>) -> rusqlite::Result<(LogPosition, Revocation)> {
    let mut columns = Columns::of(row);
    let position = LogPosition(columns.count()?);
    let entry =
        Revocation { realm: columns.realm()?, session: columns.word(SessionId::parse)?, expires_at: columns.time()? };
    Ok((position, entry))
}

static APPEND: LazyLock<String> = LazyLock::new(|| TABLE.insert(""));
const SWEEP: &str = "DELETE FROM revocations WHERE position IN
    (SELECT position FROM revocations WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2)";
static AFTER: LazyLock<String> = LazyLock::new(|| {
    format!("SELECT position, {} FROM revocations WHERE position > ?1 ORDER BY position", TABLE.names())
});

pub(super) fn statements() -> Vec<&'static str> {
    vec![SWEEP, &AFTER]
}

#[async_trait]
impl Changes for SqliteStore {
    async fn revocations_after(&self, position: LogPosition) -> Result<(Vec<Revocation>, LogPosition), StoreError> {
        let query = move |db: &Connection| list(db, &AFTER, params![number(position.0)], read);
        let entries = self.readers.read("revocations_after", query).await?;
        let last = entries.last().map_or(position, |(position, _)| *position);
        Ok((entries.into_iter().map(|(_, entry)| entry).collect(), last))
    }
}

pub(super) fn append(db: &Connection, ended: &Revocation) -> rusqlite::Result<()> {
    write(db, &APPEND, TABLE.bind(ended)).map(drop)
}

pub(super) fn sweep(db: &Connection, now: Timestamp) -> rusqlite::Result<u64> {
    super::sweep(db, SWEEP, now)
}
