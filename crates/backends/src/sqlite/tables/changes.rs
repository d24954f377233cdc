//! The change log.

use std::sync::LazyLock;

use async_trait::async_trait;
use portcullis_core::{
    clock::Timestamp,
    id::RealmName,
    port::{Changes, StoreError},
    session::{CHANGES_KEPT, Change, LogPosition, StoredChange},
};
use rusqlite::{Connection, Row, params};

use super::{list, write};
use crate::sqlite::{
    SqliteStore,
    row::{Columns, number, unreadable},
    table::{Table, borrowed, owned},
};

const TABLE: Table<Change> = Table {
    name: "changes",
    columns: &[
        ("kind", |change| borrowed(change.stored().kind)),
        ("realm", |change| borrowed(change.stored().realm.map(RealmName::as_str))),
        ("subject", |change| borrowed(change.stored().subject)),
        ("expires_at", |change| owned(change.stored().expires_at.map(|at| at.millis()))),
    ],
};

/// Reads an entry and its position.
fn read(row: &Row<'_>) -> rusqlite::Result<(LogPosition, Change)> {
    let mut columns = Columns::of(row);
    let position = LogPosition(columns.count()?);
    let (kind, realm, subject): (String, _, Option<String>) =
        (columns.value()?, columns.word_if_any(RealmName::from_stored)?, columns.value()?);
    let stored = StoredChange {
        kind: &kind,
        realm: realm.as_ref(),
        subject: subject.as_deref(),
        expires_at: columns.time_if_any()?,
    };
    let change = Change::from_stored(stored).ok_or_else(|| unreadable(1, "no known change".into()))?;
    Ok((position, change))
}

static APPEND: LazyLock<String> = LazyLock::new(|| TABLE.insert(""));
const END: &str = "UPDATE changes SET expires_at = ?1 WHERE expires_at IS NULL";
const SWEEP: &str = "DELETE FROM changes WHERE position IN
    (SELECT position FROM changes WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2)";
static AFTER: LazyLock<String> =
    LazyLock::new(|| format!("SELECT position, {} FROM changes WHERE position > ?1 ORDER BY position", TABLE.names()));

pub(super) fn statements() -> Vec<&'static str> {
    vec![END, SWEEP, &AFTER]
}

#[async_trait]
impl Changes for SqliteStore {
    async fn changes_after(&self, position: LogPosition) -> Result<(Vec<Change>, LogPosition), StoreError> {
        let query = move |db: &Connection| list(db, &AFTER, params![number(position.0)], read);
        let entries = self.readers.read("changes_after", query).await?;
        let last = entries.last().map_or(position, |(position, _)| *position);
        Ok((entries.into_iter().map(|(_, change)| change).collect(), last))
    }
}

pub(super) fn append(db: &Connection, change: &Change) -> rusqlite::Result<()> {
    write(db, &APPEND, TABLE.bind(change)).map(drop)
}

/// Sets the expiry of entries without one, then removes expired ones.
pub(super) fn sweep(db: &Connection, now: Timestamp) -> rusqlite::Result<u64> {
    write(db, END, params![now.plus(CHANGES_KEPT).millis()])?;
    super::sweep(db, SWEEP, now)
}
