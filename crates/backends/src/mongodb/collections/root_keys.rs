//! The realms' root keys, wrapped.

use mongodb::{Database, bson::doc};
use portcullis_core::{
    id::RealmName,
    port::{Precondition, RootKeyRow},
};

use crate::mongodb::{
    error::{OpError, Unreadable, require},
    fields::{DocumentFields, bytes, number},
    work::{Work, list},
};

pub(in crate::mongodb) const NAME: &str = "root_keys";

pub(super) async fn put(work: &mut Work<'_>, row: &RootKeyRow) -> Result<(), OpError> {
    let (wrapped, revision) = (bytes(row.wrapped.as_bytes()), number(row.revision));
    let put = if revision == 1 {
        work.insert(NAME, doc! { "_id": row.realm.as_str(), "wrapped": wrapped, "revision": revision }).await?
    } else {
        let before = doc! { "_id": row.realm.as_str(), "revision": revision.saturating_sub(1) };
        work.update(NAME, before, doc! { "$set": { "wrapped": wrapped, "revision": revision } }).await?
    };
    require(put, Precondition::RootKeyRevision)
}

pub(in crate::mongodb) async fn all(db: &Database) -> Result<Vec<RootKeyRow>, OpError> {
    list(db, NAME, doc! {}, doc! { "_id": 1 }, read).await
}

fn read(mut fields: DocumentFields) -> Result<RootKeyRow, Unreadable> {
    Ok(RootKeyRow {
        realm: fields.word("_id", RealmName::from_stored)?,
        wrapped: fields.sealed("wrapped")?,
        revision: fields.count("revision")?,
    })
}
