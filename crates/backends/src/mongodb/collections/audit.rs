//! The audit trail.

use async_trait::async_trait;
use mongodb::bson::doc;
use portcullis_core::{
    audit::{AuditEntry, AuditRow},
    id::{RealmName, RequestId, UserId},
    port::{Audit, StoreError},
    seal::BlindIndex,
};

use crate::mongodb::{
    MongoStore,
    error::{OpError, Unreadable},
    fields::{DocumentFields, bytes, time},
    work::{Work, page},
};

pub(in crate::mongodb) const NAME: &str = "audit";

fn read(mut fields: DocumentFields) -> Result<AuditEntry, Unreadable> {
    Ok(AuditEntry {
        at: fields.time("at")?,
        realm: fields.realm()?,
        event: fields.text("event")?,
        reason: fields.text_if_any("reason")?,
        user: fields.word_if_any("user_id", UserId::parse)?,
        index: fields.array_if_any("blind_index")?.map(BlindIndex),
        request_id: fields.word("request_id", RequestId::parse)?,
    })
}

#[async_trait]
impl Audit for MongoStore {
    async fn audit_rows(&self, realm: &RealmName, limit: usize) -> Result<Vec<AuditEntry>, StoreError> {
        let newest_first = doc! { "at": -1, "_id": -1 };
        let rows = page(self.db(), NAME, doc! { "realm": realm.as_str() }, newest_first, limit, read);
        self.answer("audit_rows", rows).await
    }
}

pub(super) async fn append(work: &mut Work<'_>, row: &AuditRow) -> Result<(), OpError> {
    let document = doc! {
        "at": time(row.at),
        "realm": row.realm.as_str(),
        "event": row.event.as_str(),
        "reason": row.reason,
        "user_id": row.user.as_ref().map(|user| user.as_str()),
        "blind_index": row.index.map(|index| bytes(&index.0)),
        "request_id": row.request_id.as_str(),
    };
    work.insert_all(NAME, vec![document]).await
}
