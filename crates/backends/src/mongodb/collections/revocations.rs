//! The log of sessions that are over.
//!
//! Its positions are counted by a document that each batch changes which appends to the log: whoever has the next position
//! has waited for the commit of the one before, so that a reader never passes an entry by.

use mongodb::{
    Database,
    bson::{Document, doc},
};
use portcullis_core::{
    id::SessionId,
    session::{LogPosition, Revocation},
};

use crate::mongodb::{
    error::{OpError, Unreadable},
    fields::{DocumentFields, number, time},
    work::{Work, list},
};

pub(in crate::mongodb) const NAME: &str = "revocations";
/// Where positions are counted.
pub(in crate::mongodb) const COUNTERS: &str = "counters";

pub(super) async fn append(work: &mut Work<'_>, ended: &[Revocation]) -> Result<(), OpError> {
    if ended.is_empty() {
        return Ok(());
    }
    let first = take(work, number(ended.len() as u64)).await?;
    let entry = |(position, ended): (i64, &Revocation)| {
        doc! {
            "_id": position,
            "realm": ended.realm.as_str(),
            "session": ended.session.as_str(),
            "expires_at": time(ended.expires_at),
        }
    };
    work.insert_all(NAME, (first..).zip(ended).map(entry).collect()).await
}

/// Takes the next positions; the first of them.
async fn take(work: &mut Work<'_>, many: i64) -> Result<i64, OpError> {
    let counters = work.db.collection::<Document>(COUNTERS);
    let counting = doc! { "$inc": { "given": many } };
    let before = counters.find_one_and_update(doc! { "_id": NAME }, counting).session(&mut *work.session).await?;
    // The migration made it.
    let given: i64 = DocumentFields::of(before.ok_or(Unreadable("counters"))?).count("given")?;
    Ok(given + 1)
}

pub(in crate::mongodb) async fn after(
    db: &Database,
    position: LogPosition,
) -> Result<(Vec<Revocation>, LogPosition), OpError> {
    let newer = doc! { "_id": { "$gt": number(position.0) } };
    let entries = list(db, NAME, newer, doc! { "_id": 1 }, read).await?;
    let behind = entries.last().map_or(position, |(position, _)| *position);
    Ok((entries.into_iter().map(|(_, entry)| entry).collect(), behind))
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
