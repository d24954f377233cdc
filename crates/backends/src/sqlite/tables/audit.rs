//! The audit trail.

use std::sync::LazyLock;

use portcullis_core::audit::AuditRow;
use rusqlite::Connection;

use super::write;
use crate::sqlite::{
    error::OpError,
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

static APPEND: LazyLock<String> = LazyLock::new(|| TABLE.insert(""));

pub(super) fn append(db: &Connection, row: &AuditRow) -> Result<(), OpError> {
    write(db, &APPEND, TABLE.bind(row))?;
    Ok(())
}
