//! Users: a collection for each realm, named after it.

use mongodb::{
    Database,
    bson::{Document, doc},
};
use portcullis_core::{
    account::{Envelope, User},
    id::{RealmName, UserId},
    port::Precondition,
    seal::BlindIndex,
};

use super::locks;
use crate::mongodb::{
    error::{OpError, Unreadable, require},
    fields::{DocumentFields, bytes, number, time},
    work::{Work, find},
};

pub(super) async fn insert(work: &mut Work<'_>, user: &User) -> Result<(), OpError> {
    let mut document = contents(user);
    document.insert("_id", user.id.as_str());
    // First: whoever comes too late for the address finds out without having touched it.
    require(work.insert(user.realm.as_str(), document).await?, Precondition::UserFree)?;
    locks::touch(work, &user.realm, bytes(&user.index.0)).await
}

pub(super) async fn update(work: &mut Work<'_>, user: &User) -> Result<(), OpError> {
    let before = at_revision(&user.id, user.revision.saturating_sub(1));
    let Some(before) =
        work.update_from(user.realm.as_str(), before, doc! { "$set": contents(user) }, Precondition::UserFree).await?
    else {
        return Err(OpError::Failed(Precondition::UserRevision));
    };
    if DocumentFields::of(before).index()? == user.index {
        return Ok(());
    }
    locks::touch(work, &user.realm, bytes(&user.index.0)).await
}

/// Needs the address to have a user, or none.
pub(super) async fn require_address(
    work: &mut Work<'_>,
    realm: &RealmName,
    index: BlindIndex,
    is_taken: bool,
) -> Result<(), OpError> {
    let theirs = doc! { "blind_index": bytes(&index.0) };
    if is_taken {
        return require(touch(work, realm, theirs).await?, Precondition::AddressAsSeen);
    }
    require(!work.has(realm.as_str(), theirs).await?, Precondition::AddressAsSeen)?;
    locks::touch(work, realm, bytes(&index.0)).await
}

pub(super) async fn require_revision(
    work: &mut Work<'_>,
    realm: &RealmName,
    id: &UserId,
    revision: u64,
) -> Result<(), OpError> {
    require(touch(work, realm, at_revision(id, revision)).await?, Precondition::UserRevision)
}

pub(super) async fn delete(work: &mut Work<'_>, realm: &RealmName, id: &UserId, revision: u64) -> Result<(), OpError> {
    let deleted = work.delete(realm.as_str(), at_revision(id, revision)).await?;
    require(deleted, Precondition::UserRevision)
}

/// Writes to the document, though nothing of its user's, so that whoever changes it meets whoever looked; whether it is there.
async fn touch(work: &mut Work<'_>, realm: &RealmName, filter: Document) -> Result<bool, OpError> {
    work.update(realm.as_str(), filter, doc! { "$inc": { "touched": 1 } }).await
}

fn at_revision(id: &UserId, revision: u64) -> Document {
    doc! { "_id": id.as_str(), "revision": number(revision) }
}

fn contents(user: &User) -> Document {
    doc! {
        "blind_index": bytes(&user.index.0),
        "data_key": bytes(user.envelope.data_key.as_bytes()),
        "profile": bytes(user.envelope.profile.as_bytes()),
        "password": bytes(user.envelope.password.as_bytes()),
        "password_set_at": time(user.password_set_at),
        "phone_verified_at": user.phone_verified_at.map(time),
        "phone_disputed": user.phone_disputed,
        "created_at": time(user.created_at),
        "revision": number(user.revision),
    }
}

pub(in crate::mongodb) async fn by_id(db: &Database, realm: &RealmName, id: &UserId) -> Result<Option<User>, OpError> {
    find(db, realm.as_str(), doc! { "_id": id.as_str() }, |fields| read(realm, fields)).await
}

pub(in crate::mongodb) async fn by_index(
    db: &Database,
    realm: &RealmName,
    index: BlindIndex,
) -> Result<Option<User>, OpError> {
    let theirs = doc! { "blind_index": bytes(&index.0) };
    find(db, realm.as_str(), theirs, |fields| read(realm, fields)).await
}

fn read(realm: &RealmName, mut fields: DocumentFields) -> Result<User, Unreadable> {
    let created_at = fields.time("created_at")?;
    Ok(User {
        realm: realm.clone(),
        id: fields.word("_id", UserId::parse)?,
        index: fields.index()?,
        envelope: Envelope {
            data_key: fields.sealed("data_key")?,
            profile: fields.sealed("profile")?,
            password: fields.sealed("password")?,
        },
        // Documents of before this was kept do without.
        password_set_at: fields.time_if_any("password_set_at")?.unwrap_or(created_at),
        phone_verified_at: fields.time_if_any("phone_verified_at")?,
        phone_disputed: fields.flag("phone_disputed")?,
        created_at,
        revision: fields.count("revision")?,
    })
}
