//! Challenges behind links and codes.

use std::time::Duration;

use mongodb::{
    Database,
    bson::{Bson, Document, doc},
};
use portcullis_core::{
    clock::Timestamp,
    id::{ChallengeId, RealmName, UserId},
    link::{Challenge, Purpose},
    port::Precondition,
};

use super::locks;
use crate::mongodb::{
    error::{OpError, Unreadable, require},
    fields::{self, DocumentFields, bytes, number, time},
    work::{Work, find},
};

pub(in crate::mongodb) const NAME: &str = "challenges";

fn key(realm: &RealmName, id: ChallengeId) -> Document {
    fields::key(realm, bytes(&id.0))
}

/// The challenge, while it can be used.
fn fresh(realm: &RealmName, id: ChallengeId, now: Timestamp) -> Document {
    doc! { "_id": key(realm, id), "used_at": Bson::Null, "expires_at": { "$gt": time(now) } }
}

pub(super) async fn insert(work: &mut Work<'_>, challenge: &Challenge) -> Result<(), OpError> {
    let document = doc! {
        "_id": key(&challenge.realm, challenge.id),
        "purpose": challenge.purpose.as_str(),
        "subject": challenge.subject.as_str(),
        "lifetime": i64::try_from(challenge.lifetime.as_millis()).unwrap_or(i64::MAX),
        "expires_at": time(challenge.expires_at),
        "used_at": challenge.used_at.map(time),
        "tries": number(challenge.tries.into()),
    };
    require(work.insert(NAME, document).await?, Precondition::ChallengeFresh)
}

pub(super) async fn spend(
    work: &mut Work<'_>,
    realm: &RealmName,
    id: ChallengeId,
    now: Timestamp,
) -> Result<(), OpError> {
    let spent = work.update(NAME, fresh(realm, id, now), doc! { "$set": { "used_at": time(now) } }).await?;
    require(spent, Precondition::ChallengeFresh)
}

pub(super) async fn attempt(
    work: &mut Work<'_>,
    realm: &RealmName,
    id: ChallengeId,
    now: Timestamp,
    limit: u32,
) -> Result<(), OpError> {
    let mut filter = fresh(realm, id, now);
    filter.insert("tries", doc! { "$lt": number(limit.into()) });
    let tried = work.update(NAME, filter, doc! { "$inc": { "tries": 1 } }).await?;
    require(tried, Precondition::ChallengeFresh)
}

/// Two batches that each drop a subject's challenges and make another one must not both find nothing to drop.
pub(super) async fn drop_all(
    work: &mut Work<'_>,
    realm: &RealmName,
    subject: &UserId,
    purpose: Option<Purpose>,
) -> Result<(), OpError> {
    locks::touch(work, realm, subject.as_str()).await?;
    let mut theirs = doc! { "_id.realm": realm.as_str(), "subject": subject.as_str() };
    if let Some(purpose) = purpose {
        theirs.insert("purpose", purpose.as_str());
    }
    work.delete_all(NAME, theirs).await
}

pub(super) async fn expire(
    work: &mut Work<'_>,
    realm: &RealmName,
    id: ChallengeId,
    at: Timestamp,
) -> Result<(), OpError> {
    let unused = doc! { "_id": key(realm, id), "used_at": Bson::Null };
    work.update(NAME, unused, doc! { "$set": { "expires_at": time(at) } }).await.map(drop)
}

pub(in crate::mongodb) async fn by_id(
    db: &Database,
    realm: &RealmName,
    id: ChallengeId,
) -> Result<Option<Challenge>, OpError> {
    find(db, NAME, doc! { "_id": key(realm, id) }, read).await
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
    })
}
