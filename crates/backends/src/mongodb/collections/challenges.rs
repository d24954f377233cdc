//! Challenges behind links and codes.

use std::time::Duration;

use async_trait::async_trait;
use mongodb::bson::{Bson, Document, doc};
use portcullis_core::{
    clock::Timestamp,
    id::{ChallengeId, RealmName, UserId},
    link::{Challenge, Purpose},
    port::{ChallengeOp, Challenges, Precondition, StoreError},
};

use super::locks;
use crate::mongodb::{
    MongoStore,
    error::{OpError, Unreadable, require},
    fields::{self, DocumentFields, bytes, number, time},
    key_locks::Contended,
    work::{Work, find},
};

pub(in crate::mongodb) const NAME: &str = "challenges";

fn document(challenge: &Challenge) -> Document {
    doc! {
        "_id": key(&challenge.realm, challenge.id),
        "purpose": challenge.purpose.as_str(),
        "subject": challenge.subject.as_str(),
        "lifetime": i64::try_from(challenge.lifetime.as_millis()).unwrap_or(i64::MAX),
        "expires_at": time(challenge.expires_at),
        "used_at": challenge.used_at.map(time),
        "tries": number(challenge.tries.into()),
        "note": challenge.note.as_ref().map(|note| bytes(note.as_bytes())),
    }
}

fn read(mut fields: DocumentFields) -> Result<Challenge, Unreadable> {
    let mut key = fields.within("_id")?;
    Ok(Challenge {
        realm: key.realm()?,
        id: key.array("id").map(ChallengeId)?,
        purpose: fields.word("purpose", Purpose::parse)?,
        subject: fields.word("subject", UserId::parse)?,
        lifetime: Duration::from_millis(fields.count("lifetime")?),
        expires_at: fields.time("expires_at")?,
        used_at: fields.time_if_any("used_at")?,
        tries: fields.count("tries")?,
        note: fields.sealed_if_any("note")?,
    })
}

fn key(realm: &RealmName, id: ChallengeId) -> Document {
    fields::key(realm, bytes(&id.0))
}

/// Returns a filter that matches the challenge while it is unused and not expired.
fn fresh(realm: &RealmName, id: ChallengeId, now: Timestamp) -> Document {
    doc! { "_id": key(realm, id), "used_at": Bson::Null, "expires_at": { "$gt": time(now) } }
}

#[async_trait]
impl Challenges for MongoStore {
    async fn challenge(&self, realm: &RealmName, id: ChallengeId) -> Result<Option<Challenge>, StoreError> {
        self.answer("challenge", find(self.db(), NAME, doc! { "_id": key(realm, id) }, read)).await
    }
}

pub(super) async fn apply(work: &mut Work<'_>, op: &ChallengeOp) -> Result<(), OpError> {
    match op {
        ChallengeOp::Insert(challenge) => {
            require(work.insert(NAME, document(challenge)).await?, Precondition::ChallengeFresh)
        }
        ChallengeOp::Spend { realm, id, now } => {
            let spend = doc! { "$set": { "used_at": time(*now) } };
            require(work.update(NAME, fresh(realm, *id, *now), spend).await?, Precondition::ChallengeFresh)
        }
        ChallengeOp::Try { realm, id, now, limit } => {
            let mut left = fresh(realm, *id, *now);
            left.insert("tries", doc! { "$lt": number((*limit).into()) });
            let tried = work.update(NAME, left, doc! { "$inc": { "tries": 1 } }).await?;
            require(tried, Precondition::ChallengeFresh)
        }
        ChallengeOp::Annotate { realm, id, note, now } => {
            let annotate = doc! { "$set": { "note": bytes(note.as_bytes()) } };
            require(work.update(NAME, fresh(realm, *id, *now), annotate).await?, Precondition::ChallengeFresh)
        }
        ChallengeOp::Drop { realm, subject, purpose } => drop_all(work, realm, subject, *purpose).await,
        ChallengeOp::Expire { realm, id, at } => {
            let unused = doc! { "_id": key(realm, *id), "used_at": Bson::Null };
            work.update(NAME, unused, doc! { "$set": { "expires_at": time(*at) } }).await.map(drop)
        }
    }
}

async fn drop_all(
    work: &mut Work<'_>,
    realm: &RealmName,
    subject: &UserId,
    purpose: Option<Purpose>,
) -> Result<(), OpError> {
    // Ensures a conflict between two batches that each drop a subject's challenges and insert one; otherwise both could
    // find nothing to drop.
    locks::touch(work, realm, subject.as_str()).await?;
    let mut dropped = doc! { "_id.realm": realm.as_str(), "subject": subject.as_str() };
    if let Some(purpose) = purpose {
        dropped.insert("purpose", purpose.as_str());
    }
    work.delete_all(NAME, dropped).await
}

pub(super) fn contends(op: &ChallengeOp) -> Vec<Contended<'_>> {
    match op {
        ChallengeOp::Insert(_) => Vec::new(),
        ChallengeOp::Spend { id, .. }
        | ChallengeOp::Try { id, .. }
        | ChallengeOp::Annotate { id, .. }
        | ChallengeOp::Expire { id, .. } => vec![Contended::Challenge(id.0)],
        ChallengeOp::Drop { subject, .. } => vec![Contended::Person(subject.as_str())],
    }
}
