//! Wrapped root keys, and the signing keys that the server made.

use std::sync::LazyLock;

use async_trait::async_trait;
use portcullis_core::{
    port::{KeyOp, Keys, Precondition, RootKeyRow, SigningKeyRow, StoreError},
    token::Algorithm,
};
use rusqlite::{Connection, Row, params};

use super::{list, write};
use crate::sqlite::{
    SqliteStore,
    error::{OpError, require},
    row::{Columns, number},
    table::{Table, borrowed, owned},
};

const ROOT: Table<RootKeyRow> = Table {
    name: "root_keys",
    columns: &[
        ("realm", |row| borrowed(row.realm.as_str())),
        ("wrapped", |row| borrowed(row.wrapped.as_bytes())),
        ("revision", |row| owned(number(row.revision))),
    ],
};

fn read_root(row: &Row<'_>) -> rusqlite::Result<RootKeyRow> {
    let mut columns = Columns::of(row);
    Ok(RootKeyRow { realm: columns.realm()?, wrapped: columns.sealed()?, revision: columns.count()? })
}

const SIGNING: Table<SigningKeyRow> = Table {
    name: "signing_keys",
    columns: &[
        ("kid", |row| borrowed(row.kid.as_str())),
        ("algorithm", |row| borrowed(row.algorithm.as_str())),
        ("private", |row| borrowed(row.private.as_bytes())),
        ("created_at", |row| owned(row.created_at.millis())),
    ],
};

fn read_signing(row: &Row<'_>) -> rusqlite::Result<SigningKeyRow> {
    let mut columns = Columns::of(row);
    Ok(SigningKeyRow {
        kid: columns.value()?,
        algorithm: columns.word(Algorithm::parse)?,
        private: columns.sealed()?,
        created_at: columns.time()?,
    })
}

static PUT_ROOT: LazyLock<String> = LazyLock::new(|| {
    format!(
        "INSERT INTO root_keys ({}) SELECT {}
        WHERE ?3 = 1 + coalesce((SELECT revision FROM root_keys WHERE realm = ?1), 0)
        ON CONFLICT (realm) DO UPDATE SET wrapped = excluded.wrapped, revision = excluded.revision",
        ROOT.names(),
        ROOT.places()
    )
});
static ROOTS: LazyLock<String> = LazyLock::new(|| ROOT.select("ORDER BY realm"));
static PUT_SIGNING: LazyLock<String> =
    LazyLock::new(|| SIGNING.insert("ON CONFLICT (kid) DO UPDATE SET private = excluded.private"));
const DELETE_SIGNING: &str = "DELETE FROM signing_keys WHERE kid = ?1";
static SIGNINGS: LazyLock<String> = LazyLock::new(|| SIGNING.select("ORDER BY created_at, kid"));

pub(super) fn statements() -> Vec<&'static str> {
    vec![&PUT_ROOT, &PUT_SIGNING, DELETE_SIGNING]
}

pub(in crate::sqlite) fn root_keys(db: &Connection) -> rusqlite::Result<Vec<RootKeyRow>> {
    list(db, &ROOTS, [], read_root)
}

#[async_trait]
impl Keys for SqliteStore {
    async fn root_keys(&self) -> Result<Vec<RootKeyRow>, StoreError> {
        self.readers.read("root_keys", root_keys).await
    }

    async fn signing_keys(&self) -> Result<Vec<SigningKeyRow>, StoreError> {
        self.readers.read("signing_keys", |db| list(db, &SIGNINGS, [], read_signing)).await
    }
}

pub(super) fn apply(db: &Connection, op: &KeyOp) -> Result<(), OpError> {
    match op {
        KeyOp::PutRoot(row) => require(write(db, &PUT_ROOT, ROOT.bind(row))? == 1, Precondition::RootKeyRevision),
        KeyOp::PutSigning(row) => {
            write(db, &PUT_SIGNING, SIGNING.bind(row))?;
            Ok(())
        }
        KeyOp::DeleteSigning { kid } => {
            write(db, DELETE_SIGNING, params![kid])?;
            Ok(())
        }
    }
}
