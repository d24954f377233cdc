//! What batches touch that look for the same thing, where there may be no document of it.

use mongodb::{
    Database,
    bson::{Bson, Document, doc},
};
use portcullis_core::id::RealmName;

use crate::mongodb::{error::OpError, fields::key, work::Work};

pub(in crate::mongodb) const NAME: &str = "locks";

/// Of two batches that touch the same thing, one comes after the other.
pub(super) async fn touch(work: &mut Work<'_>, realm: &RealmName, what: impl Into<Bson>) -> Result<(), OpError> {
    let update = doc! { "$inc": { "touched": 1 }, "$currentDate": { "touched_at": true } };
    work.upsert(NAME, doc! { "_id": key(realm, what) }, update).await
}

/// Waits until a majority has all that the primary has by now: a write of one's own comes after it.
pub(in crate::mongodb) async fn catch_up(db: &Database) -> Result<(), OpError> {
    let locks = db.collection::<Document>(NAME);
    locks.update_one(doc! { "_id": "majority" }, doc! { "$inc": { "touched": 1 } }).upsert(true).await?;
    Ok(())
}
