//! Signing keys of our own making, sealed.

use mongodb::{Database, bson::doc};
use portcullis_core::{port::SigningKeyRow, token::Algorithm};

use crate::mongodb::{
    error::{OpError, Unreadable},
    fields::{DocumentFields, bytes, time},
    work::{Work, list},
};

pub(in crate::mongodb) const NAME: &str = "signing_keys";

pub(super) async fn put(work: &mut Work<'_>, row: &SigningKeyRow) -> Result<(), OpError> {
    let update = doc! {
        "$set": { "private": bytes(row.private.as_bytes()) },
        "$setOnInsert": { "algorithm": row.algorithm.as_str(), "created_at": time(row.created_at) },
    };
    work.upsert(NAME, doc! { "_id": row.kid.as_str() }, update).await
}

pub(super) async fn delete(work: &mut Work<'_>, kid: &str) -> Result<(), OpError> {
    work.delete(NAME, doc! { "_id": kid }).await.map(drop)
}

pub(in crate::mongodb) async fn all(db: &Database) -> Result<Vec<SigningKeyRow>, OpError> {
    list(db, NAME, doc! {}, doc! { "created_at": 1, "_id": 1 }, read).await
}

fn read(mut fields: DocumentFields) -> Result<SigningKeyRow, Unreadable> {
    Ok(SigningKeyRow {
        kid: fields.text("_id")?,
        algorithm: fields.word("algorithm", Algorithm::parse)?,
        private: fields.sealed("private")?,
        created_at: fields.time("created_at")?,
    })
}
