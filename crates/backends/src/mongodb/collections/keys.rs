//! Wrapped root keys, and the signing keys that the server made.

use async_trait::async_trait;
use mongodb::bson::doc;
use portcullis_core::{
    id::RealmName,
    port::{KeyOp, Keys, Precondition, RootKeyRow, SigningKeyRow, StoreError},
    token::Algorithm,
};

use crate::mongodb::{
    MongoStore,
    error::{OpError, Unreadable, require},
    fields::{DocumentFields, bytes, number, time},
    key_locks::Contended,
    work::{Work, list},
};

pub(in crate::mongodb) const ROOT: &str = "root_keys";
pub(in crate::mongodb) const SIGNING: &str = "signing_keys";

fn read_root(mut fields: DocumentFields) -> Result<RootKeyRow, Unreadable> {
    Ok(RootKeyRow {
        realm: fields.word("_id", RealmName::from_stored)?,
        wrapped: fields.sealed("wrapped")?,
        revision: fields.count("revision")?,
    })
}

fn read_signing(mut fields: DocumentFields) -> Result<SigningKeyRow, Unreadable> {
    Ok(SigningKeyRow {
        kid: fields.text("_id")?,
        algorithm: fields.word("algorithm", Algorithm::parse)?,
        private: fields.sealed("private")?,
        created_at: fields.time("created_at")?,
    })
}

#[async_trait]
impl Keys for MongoStore {
    async fn root_keys(&self) -> Result<Vec<RootKeyRow>, StoreError> {
        self.answer("root_keys", list(self.db(), ROOT, doc! {}, doc! { "_id": 1 }, read_root)).await
    }

    async fn signing_keys(&self) -> Result<Vec<SigningKeyRow>, StoreError> {
        let oldest_first = doc! { "created_at": 1, "_id": 1 };
        self.answer("signing_keys", list(self.db(), SIGNING, doc! {}, oldest_first, read_signing)).await
    }
}

pub(super) async fn apply(work: &mut Work<'_>, op: &KeyOp) -> Result<(), OpError> {
    match op {
        KeyOp::PutRoot(row) => put_root(work, row).await,
        KeyOp::PutSigning(row) => {
            let update = doc! {
                "$set": { "private": bytes(row.private.as_bytes()) },
                "$setOnInsert": { "algorithm": row.algorithm.as_str(), "created_at": time(row.created_at) },
            };
            work.upsert(SIGNING, doc! { "_id": row.kid.as_str() }, update).await
        }
        KeyOp::DeleteSigning { kid } => work.delete(SIGNING, doc! { "_id": kid.as_str() }).await.map(drop),
    }
}

async fn put_root(work: &mut Work<'_>, row: &RootKeyRow) -> Result<(), OpError> {
    let (wrapped, revision) = (bytes(row.wrapped.as_bytes()), number(row.revision));
    let put = if revision == 1 {
        work.insert(ROOT, doc! { "_id": row.realm.as_str(), "wrapped": wrapped, "revision": revision }).await?
    } else {
        let before = doc! { "_id": row.realm.as_str(), "revision": revision.saturating_sub(1) };
        work.update(ROOT, before, doc! { "$set": { "wrapped": wrapped, "revision": revision } }).await?
    };
    require(put, Precondition::RootKeyRevision)
}

pub(super) fn contends(op: &KeyOp) -> Vec<Contended<'_>> {
    match op {
        KeyOp::PutRoot(_) => vec![Contended::RootKey],
        KeyOp::PutSigning(_) | KeyOp::DeleteSigning { .. } => Vec::new(),
    }
}
