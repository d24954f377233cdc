//! Sessions that go on.

use mongodb::{Database, bson::doc};
use portcullis_core::{
    clock::Timestamp,
    id::{RealmName, SessionId, UserId},
    port::Precondition,
    session::{Amr, Family, Revocation, Session, TokenHash},
};

use super::revocations;
use crate::mongodb::{
    error::{OpError, Unreadable, require},
    fields::{DocumentFields, bytes, key, time},
    work::{Work, find},
};

pub(in crate::mongodb) const NAME: &str = "sessions";

pub(super) async fn insert(work: &mut Work<'_>, session: &Session) -> Result<(), OpError> {
    let document = doc! {
        "_id": key(&session.realm, session.id.as_str()),
        "user_id": session.user.as_str(),
        "auth_time": time(session.auth_time),
        "amr": session.amr.iter().map(|amr| amr.as_str()).collect::<Vec<_>>(),
        "client": bytes(session.client.as_bytes()),
        "created_at": time(session.created_at),
        "expires_at": time(session.expires_at),
        "refresh": bytes(&session.family.current.0),
        "previous": session.family.previous.map(|hash| bytes(&hash.0)),
        "rotated_at": time(session.family.rotated_at),
        "idle_until": time(session.family.idle_until),
    };
    require(work.insert(NAME, document).await?, Precondition::SessionThere)
}

/// Removes the session and says so in the log.
pub(super) async fn end(work: &mut Work<'_>, ended: &Revocation) -> Result<(), OpError> {
    let deleted = work.delete(NAME, doc! { "_id": key(&ended.realm, ended.session.as_str()) }).await?;
    require(deleted, Precondition::SessionThere)?;
    revocations::append(work, std::slice::from_ref(ended)).await
}

/// Removes all sessions of a user but one, and says so in the log.
pub(super) async fn end_all(
    work: &mut Work<'_>,
    realm: &RealmName,
    user: &UserId,
    except: Option<&SessionId>,
    expires_at: Timestamp,
) -> Result<(), OpError> {
    let mut theirs = doc! { "_id.realm": realm.as_str(), "user_id": user.as_str() };
    if let Some(except) = except {
        theirs.insert("_id", doc! { "$ne": key(realm, except.as_str()) });
    }
    let mut ended = Vec::new();
    for document in work.keys(NAME, theirs.clone()).await? {
        let session = DocumentFields::of(document).within("_id")?.word("id", SessionId::parse)?;
        ended.push(Revocation { realm: realm.clone(), session, expires_at });
    }
    work.delete_all(NAME, theirs).await?;
    revocations::append(work, &ended).await
}

/// Moves the family on, from one token to the next.
pub(super) async fn rotate(
    work: &mut Work<'_>,
    realm: &RealmName,
    id: &SessionId,
    (from, to): (&TokenHash, &TokenHash),
    at: Timestamp,
    idle_until: Timestamp,
) -> Result<(), OpError> {
    let newest = doc! { "_id": key(realm, id.as_str()), "refresh": bytes(&from.0) };
    let next = doc! {
        "refresh": bytes(&to.0),
        "previous": bytes(&from.0),
        "rotated_at": time(at),
        "idle_until": time(idle_until),
    };
    require(work.update(NAME, newest, doc! { "$set": next }).await?, Precondition::RefreshNewest)
}

pub(in crate::mongodb) async fn by_id(
    db: &Database,
    realm: &RealmName,
    id: &SessionId,
) -> Result<Option<Session>, OpError> {
    find(db, NAME, doc! { "_id": key(realm, id.as_str()) }, read).await
}

fn read(mut fields: DocumentFields) -> Result<Session, Unreadable> {
    let mut key = fields.within("_id")?;
    Ok(Session {
        realm: key.realm()?,
        id: key.word("id", SessionId::parse)?,
        user: fields.word("user_id", UserId::parse)?,
        auth_time: fields.time("auth_time")?,
        amr: fields.words("amr", Amr::parse)?,
        client: fields.sealed("client")?,
        created_at: fields.time("created_at")?,
        expires_at: fields.time("expires_at")?,
        family: Family {
            current: fields.array("refresh").map(TokenHash)?,
            previous: fields.array_if_any("previous")?.map(TokenHash),
            rotated_at: fields.time("rotated_at")?,
            idle_until: fields.time("idle_until")?,
        },
    })
}
