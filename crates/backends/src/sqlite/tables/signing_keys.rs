//! Signing keys of our own making, sealed.

use portcullis_core::{port::SigningKeyRow, token::Algorithm};
use rusqlite::{Connection, Row, params};

use super::{list, write};
use crate::sqlite::{error::OpError, row::Columns};

pub(super) const STATEMENTS: &[&str] = &[PUT, DELETE];

const PUT: &str = "INSERT INTO signing_keys (kid, algorithm, private, created_at) VALUES (?1, ?2, ?3, ?4)
    ON CONFLICT (kid) DO UPDATE SET private = excluded.private";
const DELETE: &str = "DELETE FROM signing_keys WHERE kid = ?1";
const ALL: &str = "SELECT kid, algorithm, private, created_at FROM signing_keys ORDER BY created_at, kid";

pub(super) fn put(db: &Connection, row: &SigningKeyRow) -> Result<(), OpError> {
    let params = params![row.kid, row.algorithm.as_str(), row.private.as_bytes(), row.created_at.millis()];
    write(db, PUT, params)?;
    Ok(())
}

pub(super) fn delete(db: &Connection, kid: &str) -> Result<(), OpError> {
    write(db, DELETE, params![kid])?;
    Ok(())
}

pub(in crate::sqlite) fn all(db: &Connection) -> rusqlite::Result<Vec<SigningKeyRow>> {
    list(db, ALL, [], read)
}

fn read(row: &Row<'_>) -> rusqlite::Result<SigningKeyRow> {
    let mut columns = Columns::of(row);
    Ok(SigningKeyRow {
        kid: columns.value()?,
        algorithm: columns.word(Algorithm::parse)?,
        private: columns.sealed()?,
        created_at: columns.time()?,
    })
}
