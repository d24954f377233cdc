//! Records of all kinds.

use async_trait::async_trait;
use mongodb::bson::{Document, doc};
use portcullis_core::{
    id::{RealmName, UserId},
    port::{Precondition, RecordOp, Records, StoreError},
    record::{RecordKind, RecordRow},
};

use super::locks;
use crate::mongodb::{
    MongoStore,
    error::{OpError, Unreadable, require},
    fields::{DocumentFields, bytes, number, time},
    key_locks::Contended,
    work::{Work, find, list, page},
};

/// Starts with `_`, which is not allowed in realm names.
pub(in crate::mongodb) const NAME: &str = "_records";

fn document(row: &RecordRow) -> Document {
    let mut document = doc! { "_id": key(&row.realm, row.kind, &row.key) };
    document.extend(values(row));
    document
}

/// Returns the fields set by a replacement.
fn values(row: &RecordRow) -> Document {
    doc! {
        "owner": row.owner.as_ref().map(UserId::as_str),
        "expires_at": row.expires_at.map(time),
        "revision": number(row.revision),
        "body": bytes(row.body.as_bytes()),
    }
}

fn read(mut fields: DocumentFields) -> Result<RecordRow, Unreadable> {
    let mut key = fields.within("_id")?;
    Ok(RecordRow {
        realm: key.realm()?,
        kind: key.word("kind", RecordKind::parse)?,
        key: key.text("key")?,
        owner: fields.word_if_any("owner", UserId::parse)?,
        expires_at: fields.time_if_any("expires_at")?,
        revision: fields.count("revision")?,
        body: fields.sealed("body")?,
    })
}

fn key(realm: &RealmName, kind: RecordKind, key: &str) -> Document {
    doc! { "realm": realm.as_str(), "kind": kind.as_str(), "key": key }
}

fn of_owner(realm: &RealmName, owner: &UserId, kind: Option<RecordKind>) -> Document {
    let mut filter = doc! { "_id.realm": realm.as_str(), "owner": owner.as_str() };
    if let Some(kind) = kind {
        filter.insert("_id.kind", kind.as_str());
    }
    filter
}

#[async_trait]
impl Records for MongoStore {
    async fn record(&self, realm: &RealmName, kind: RecordKind, name: &str) -> Result<Option<RecordRow>, StoreError> {
        self.answer("record", find(self.db(), NAME, doc! { "_id": key(realm, kind, name) }, read)).await
    }

    async fn records_of(
        &self,
        realm: &RealmName,
        owner: &UserId,
        kind: Option<RecordKind>,
    ) -> Result<Vec<RecordRow>, StoreError> {
        let order = doc! { "_id.kind": 1, "_id.key": 1 };
        self.answer("records_of", list(self.db(), NAME, of_owner(realm, owner, kind), order, read)).await
    }

    async fn records_page(
        &self,
        realm: &RealmName,
        kind: RecordKind,
        after: &str,
        limit: usize,
    ) -> Result<Vec<RecordRow>, StoreError> {
        let filter = doc! { "_id.realm": realm.as_str(), "_id.kind": kind.as_str(), "_id.key": { "$gt": after } };
        self.answer("records_page", page(self.db(), NAME, filter, doc! { "_id.key": 1 }, limit, read)).await
    }
}

pub(super) async fn apply(work: &mut Work<'_>, op: &RecordOp) -> Result<(), OpError> {
    match op {
        RecordOp::Insert(row) => {
            touch_owner(work, row).await?;
            require(work.insert(NAME, document(row)).await?, Precondition::RecordFree)
        }
        RecordOp::Replace(row) => {
            touch_owner(work, row).await?;
            let before = row.revision.checked_sub(1).map(number);
            let filter = doc! { "_id": key(&row.realm, row.kind, &row.key), "revision": before };
            require(work.update(NAME, filter, doc! { "$set": values(row) }).await?, Precondition::RecordRevision)
        }
        RecordOp::Delete { realm, kind, key: name, revision } => {
            let mut filter = doc! { "_id": key(realm, *kind, name) };
            if let Some(revision) = revision {
                filter.insert("revision", number(*revision));
            }
            require(work.delete(NAME, filter).await?, Precondition::RecordRevision)
        }
        RecordOp::DeleteOf { realm, owner, kind } => {
            locks::touch(work, realm, owner.as_str()).await?;
            work.delete_all(NAME, of_owner(realm, owner, *kind)).await
        }
        RecordOp::RequireFree { realm, kind, key: name, owner, now } => {
            // A conflict is guaranteed: the batch that reserves an address frees its unique index entry, which the
            // batch that takes the address inserts.
            let live = [doc! { "expires_at": null }, doc! { "expires_at": { "$gt": time(*now) } }];
            let filter =
                doc! { "_id": key(realm, *kind, name), "owner": { "$ne": owner.as_str() }, "$or": live.to_vec() };
            require(!work.has(NAME, filter).await?, Precondition::RecordFree)
        }
        RecordOp::Require { realm, kind, key: name, revision } => {
            // Writes to the record, so that a batch that changes it at the same time conflicts.
            let filter = doc! { "_id": key(realm, *kind, name), "revision": number(*revision) };
            let touch = doc! { "$inc": { "touched": 1_i64 } };
            require(work.update(NAME, filter, touch).await?, Precondition::RecordRevision)
        }
    }
}

/// Ensures a conflict with a batch that deletes the owner's records at the same time as a record is added.
async fn touch_owner(work: &mut Work<'_>, row: &RecordRow) -> Result<(), OpError> {
    match &row.owner {
        Some(owner) => locks::touch(work, &row.realm, owner.as_str()).await,
        None => Ok(()),
    }
}

pub(super) fn contends(op: &RecordOp) -> Vec<Contended<'_>> {
    match op {
        RecordOp::Insert(row) | RecordOp::Replace(row) => {
            let owner = row.owner.iter().map(|owner| Contended::Person(owner.as_str()));
            owner.chain([Contended::Record(&row.key)]).collect()
        }
        RecordOp::Delete { key, .. } | RecordOp::RequireFree { key, .. } | RecordOp::Require { key, .. } => {
            vec![Contended::Record(key)]
        }
        RecordOp::DeleteOf { owner, .. } => vec![Contended::Person(owner.as_str())],
    }
}
