//! The audit trail.

use portcullis_core::audit::AuditRow;
use rusqlite::{Connection, params};

use super::write;
use crate::sqlite::error::OpError;

const APPEND: &str = "INSERT INTO audit (at, realm, event, reason, user_id, blind_index, request_id)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";

pub(super) fn append(db: &Connection, row: &AuditRow) -> Result<(), OpError> {
    let params = params![
        row.at.millis(),
        row.realm.as_str(),
        row.event.as_str(),
        row.reason,
        row.user.as_ref().map(|user| user.as_str()),
        row.index.map(|index| index.0),
        row.request_id.as_str(),
    ];
    write(db, APPEND, params)?;
    Ok(())
}
