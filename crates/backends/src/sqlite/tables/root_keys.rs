//! The realms' root keys, wrapped.

use portcullis_core::port::{Precondition, RootKeyRow};
use rusqlite::{Connection, Row, params};

use super::{list, write};
use crate::sqlite::{
    error::{OpError, require},
    row::{Columns, number},
};

pub(super) const STATEMENTS: &[&str] = &[PUT];

const PUT: &str = "INSERT INTO root_keys (realm, wrapped, revision)
    SELECT ?1, ?2, ?3 WHERE ?3 = 1 + coalesce((SELECT revision FROM root_keys WHERE realm = ?1), 0)
    ON CONFLICT (realm) DO UPDATE SET wrapped = excluded.wrapped, revision = excluded.revision";
const ALL: &str = "SELECT realm, wrapped, revision FROM root_keys ORDER BY realm";

pub(super) fn put(db: &Connection, row: &RootKeyRow) -> Result<(), OpError> {
    let put = write(db, PUT, params![row.realm.as_str(), row.wrapped.as_bytes(), number(row.revision)])?;
    require(put == 1, Precondition::RootKeyRevision)
}

pub(in crate::sqlite) fn all(db: &Connection) -> rusqlite::Result<Vec<RootKeyRow>> {
    list(db, ALL, [], read)
}

fn read(row: &Row<'_>) -> rusqlite::Result<RootKeyRow> {
    let mut columns = Columns::of(row);
    Ok(RootKeyRow { realm: columns.realm()?, wrapped: columns.sealed()?, revision: columns.count()? })
}
