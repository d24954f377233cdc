//! The revocation log.
//!
//! A counter document gives its positions. Every batch that appends increments the counter, so it waits for the commit of the
//! batch before, and a reader never passes an entry that appears later.

use async_trait::async_trait;
use mongodb::bson::{Document, doc};
use portcullis_core::{
    id::SessionId,
    port::{Changes, StoreError},
    session::{LogPosition, Revocation},
};

use crate::mongodb::{
    MongoStore,
    error::{OpError, Unreadable},
    fields::{DocumentFields, number, time},
    work::{Work, list},
};

pub(in crate::mongodb) const NAME: &str = "revocations";
/// Collection of the counter.
pub(in crate::mongodb) const COUNTERS: &str = "counters";

fn document(position: i64, ended: &Revocation) -> Document {
    doc! {
        "_id": position,
        "realm": ended.realm.as_str(),
        "session": ended.session.as_str(),
        "expires_at": time(ended.expires_at),
    }
}

fn read(mut fields: DocumentFields) -> Result<(LogPosition, Revocation), Unreadable> {
    let position = LogPosition(fields.count("_id")?);
    let entry = Revocation {
        realm: fields.realm()?,
        session: fields.word("session", SessionId::parse)?,
        expires_at: fields.time("expires_at")?,
    };
    Ok((position, entry))
}

#[async_trait]
impl Changes for MongoStore {
    async fn revocations_after(&self, position: LogPosition) -> Result<(Vec<Revocation>, LogPosition), StoreError> {
        let newer = doc! { "_id": { "$gt": number(position.0) } };
        let entries = self.answer("revocations_after", list(self.db(), NAME, newer, doc! { "_id": 1 }, read)).await?;
        let last = entries.last().map_or(position, |(position, _)| *position);
        Ok((entries.into_iter().map(|(_, entry)| entry).collect(), last))
    }
}

pub(super) async fn append(work: &mut Work<'_>, ended: &[Revocation]) -> Result<(), OpError> {
    if ended.is_empty() {
        return Ok(());
    }
    let first = take_positions(work, number(ended.len() as u64)).await?;
    work.insert_all(NAME, (first..).zip(ended).map(|(position, ended)| document(position, ended)).collect()).await
}

/// Takes the next positions, and returns the first of them.
async fn take_positions(work: &mut Work<'_>, count: i64) -> Result<i64, OpError> {
    let counters = work.db.collection::<Document>(COUNTERS);
    let increment = doc! { "$inc": { "given": count } };
    let before = counters.find_one_and_update(doc! { "_id": NAME }, increment).session(&mut *work.session).await?;
    // The migration created it.
    let given: i64 = DocumentFields::of(before.ok_or(Unreadable("counters"))?).count("given")?;
    Ok(given + 1)
}
