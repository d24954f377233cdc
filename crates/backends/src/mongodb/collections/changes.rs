//! The change log.
//!
//! Batches append entries without a position, so that they do not wait for each other. Readers number new entries
//! before reading: all new entries get the same position in one transaction, which becomes visible as a whole.
//! Therefore no reader skips an entry that becomes visible later.

use async_trait::async_trait;
use mongodb::{
    Database,
    bson::{Bson, Document, doc},
    error::Error,
};
use portcullis_core::{
    clock::Timestamp,
    id::RealmName,
    port::{Changes, StoreError},
    session::{CHANGES_KEPT, Change, LogPosition, StoredChange},
};

use crate::mongodb::{
    MongoStore,
    error::{OpError, Unreadable, is_duplicate},
    fields::{DocumentFields, number, time},
    work::{Work, list},
};

pub(in crate::mongodb) const NAME: &str = "_changes";
/// Collection of counters.
pub(in crate::mongodb) const COUNTERS: &str = "counters";
/// The log of the previous schema, which contains only ended sessions.
pub(in crate::mongodb) const REVOCATIONS: &str = "revocations";

fn document(change: &Change) -> Document {
    let stored = change.stored();
    let mut document = doc! { "kind": stored.kind };
    document.extend(stored.realm.map(|realm| ("realm".to_owned(), realm.as_str().into())));
    document.extend(stored.subject.map(|subject| ("subject".to_owned(), subject.into())));
    document.extend(stored.expires_at.map(|at| ("expires_at".to_owned(), time(at).into())));
    document
}

fn read(mut fields: DocumentFields) -> Result<(LogPosition, Change), Unreadable> {
    let position = LogPosition(fields.count("position")?);
    let (kind, realm) = (fields.text("kind")?, fields.word_if_any("realm", RealmName::from_stored)?);
    let subject = fields.text_if_any("subject")?;
    let stored = StoredChange {
        kind: &kind,
        realm: realm.as_ref(),
        subject: subject.as_deref(),
        expires_at: fields.time_if_any("expires_at")?,
    };
    Ok((position, Change::from_stored(stored).ok_or(Unreadable("kind"))?))
}

/// Returns a filter for entries that have not been numbered.
fn without_position() -> Document {
    doc! { "position": Bson::Null }
}

#[async_trait]
impl Changes for MongoStore {
    async fn changes_after(&self, position: LogPosition) -> Result<(Vec<Change>, LogPosition), StoreError> {
        let newer = doc! { "position": { "$gt": number(position.0) } };
        self.number_changes().await?;
        let entries = list(self.db(), NAME, newer, doc! { "position": 1, "_id": 1 }, read);
        let entries = self.answer("changes_after", entries).await?;
        let last = entries.last().map_or(position, |(position, _)| *position);
        Ok((entries.into_iter().map(|(_, change)| change).collect(), last))
    }
}

pub(in crate::mongodb) async fn append(work: &mut Work<'_>, changes: &[Change]) -> Result<(), OpError> {
    work.insert_all(NAME, changes.iter().map(document).collect()).await
}

/// Returns whether entries need a position, according to a majority read.
pub(in crate::mongodb) async fn has_unnumbered(db: &Database) -> Result<bool, OpError> {
    let found = db.collection::<Document>(NAME).find_one(without_position()).projection(doc! { "_id": 1 }).await?;
    Ok(found.is_some())
}

/// Assigns the next position to all entries without one. Concurrent readers conflict in the counter.
pub(in crate::mongodb) async fn set_positions(work: &mut Work<'_>) -> Result<(), OpError> {
    let counters = work.db.collection::<Document>(COUNTERS);
    let increment = doc! { "$inc": { "given": 1_i64 } };
    let before = counters.find_one_and_update(doc! { "_id": NAME }, increment).session(&mut *work.session).await?;
    // Created by the migration.
    let given: i64 = DocumentFields::of(before.ok_or(Unreadable("counters"))?).count("given")?;
    work.update_all(NAME, without_position(), doc! { "$set": { "position": given + 1 } }).await
}

/// Sets the expiry of entries without one, so that the sweep and MongoDB remove them.
pub(in crate::mongodb) async fn set_ends(db: &Database, now: Timestamp) -> Result<(), OpError> {
    let end = doc! { "$set": { "expires_at": time(now.plus(CHANGES_KEPT)) } };
    db.collection::<Document>(NAME).update_many(doc! { "expires_at": Bson::Null }, end).await?;
    Ok(())
}

/// Copies the log of the previous schema, including positions. Can be repeated.
pub(in crate::mongodb) async fn copy_revocations(db: &Database) -> Result<(), Error> {
    let counters = db.collection::<Document>(COUNTERS);
    let before = counters.find_one(doc! { "_id": REVOCATIONS }).await?;
    let given = before.and_then(|counter| counter.get_i64("given").ok()).unwrap_or(0);
    let start = doc! { "$setOnInsert": { "given": given } };
    match counters.update_one(doc! { "_id": NAME }, start).upsert(true).await {
        Err(error) if !is_duplicate(&error) => return Err(error),
        _ => {}
    }
    let kind = doc! { "$literal": "session" };
    let pipeline = [
        doc! { "$project": { "position": "$_id", "kind": kind, "realm": 1, "subject": "$session", "expires_at": 1 } },
        doc! { "$merge": { "into": NAME, "whenMatched": "keepExisting" } },
    ];
    db.collection::<Document>(REVOCATIONS).aggregate(pipeline).await.map(drop)
}
