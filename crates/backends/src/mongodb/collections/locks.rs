//! Lock documents. A batch writes to one if its precondition is that something does not exist, because there is no
//! document to conflict on.

use mongodb::{
    Database,
    bson::{Bson, Document, doc},
};
use portcullis_core::id::RealmName;

use crate::mongodb::{error::OpError, fields::key, work::Work};

pub(in crate::mongodb) const NAME: &str = "locks";

/// Writes to the lock document of this key, so that two batches that do so conflict.
pub(super) async fn touch(work: &mut Work<'_>, realm: &RealmName, what: impl Into<Bson>) -> Result<(), OpError> {
    let update = doc! { "$inc": { "touched": 1 }, "$currentDate": { "touched_at": true } };
    work.upsert(NAME, doc! { "_id": key(realm, what) }, update).await
}

/// Waits until a majority has all data of the primary. Uses a majority write, which is ordered after all earlier
/// writes.
pub(in crate::mongodb) async fn catch_up(db: &Database) -> Result<(), OpError> {
    let locks = db.collection::<Document>(NAME);
    locks.update_one(doc! { "_id": "majority" }, doc! { "$inc": { "touched": 1 } }).upsert(true).await?;
    Ok(())
}
