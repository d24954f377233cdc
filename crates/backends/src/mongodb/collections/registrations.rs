//! Registrations that wait for their address to be proved.

use mongodb::{
    Database,
    bson::{Document, doc},
};
use portcullis_core::{
    account::{Envelope, Registration},
    clock::Timestamp,
    id::{RealmName, UserId},
    port::{Precondition, Replaces},
    seal::BlindIndex,
};

use crate::mongodb::{
    error::{OpError, Unreadable, require},
    fields::{DocumentFields, bytes, key, time},
    work::{Work, find},
};

pub(in crate::mongodb) const NAME: &str = "registrations";

fn at_index(realm: &RealmName, index: BlindIndex) -> Document {
    doc! { "_id.realm": realm.as_str(), "blind_index": bytes(&index.0) }
}

/// Where nothing is to be replaced, what stands there makes the insert fail.
pub(super) async fn put(work: &mut Work<'_>, row: &Registration, replaces: &Replaces) -> Result<(), OpError> {
    match replaces {
        Replaces::Exactly(None) => {}
        Replaces::Exactly(Some(id)) => {
            let mut it = doc! { "_id": key(&row.realm, id.as_str()), "blind_index": bytes(&row.index.0) };
            if !row.contested {
                it.insert("contested", false);
            }
            require(work.delete(NAME, it).await?, Precondition::RegistrationReplaced)?;
        }
        Replaces::Anything => work.delete_all(NAME, at_index(&row.realm, row.index)).await?,
    }
    let document = doc! {
        "_id": key(&row.realm, row.id.as_str()),
        "blind_index": bytes(&row.index.0),
        "data_key": bytes(row.envelope.data_key.as_bytes()),
        "profile": bytes(row.envelope.profile.as_bytes()),
        "password": bytes(row.envelope.password.as_bytes()),
        "contested": row.contested,
        "created_at": time(row.created_at),
        "expires_at": time(row.expires_at),
    };
    require(work.insert(NAME, document).await?, Precondition::RegistrationReplaced)
}

pub(super) async fn contest(
    work: &mut Work<'_>,
    realm: &RealmName,
    id: &UserId,
    is_contested: bool,
    expires_at: Timestamp,
) -> Result<(), OpError> {
    let it = doc! { "_id": key(realm, id.as_str()) };
    let there =
        work.update(NAME, it, doc! { "$max": { "contested": is_contested, "expires_at": time(expires_at) } }).await?;
    require(there, Precondition::RegistrationThere)
}

pub(super) async fn delete(work: &mut Work<'_>, realm: &RealmName, id: &UserId) -> Result<(), OpError> {
    let deleted = work.delete(NAME, doc! { "_id": key(realm, id.as_str()) }).await?;
    require(deleted, Precondition::RegistrationThere)
}

pub(in crate::mongodb) async fn by_id(
    db: &Database,
    realm: &RealmName,
    id: &UserId,
) -> Result<Option<Registration>, OpError> {
    find(db, NAME, doc! { "_id": key(realm, id.as_str()) }, read).await
}

pub(in crate::mongodb) async fn by_index(
    db: &Database,
    realm: &RealmName,
    index: BlindIndex,
) -> Result<Option<Registration>, OpError> {
    find(db, NAME, at_index(realm, index), read).await
}

fn read(mut fields: DocumentFields) -> Result<Registration, Unreadable> {
    let mut key = fields.within("_id")?;
    Ok(Registration {
        realm: key.realm()?,
        id: key.word("id", UserId::parse)?,
        index: fields.index()?,
        envelope: Envelope {
            data_key: fields.sealed("data_key")?,
            profile: fields.sealed("profile")?,
            password: fields.sealed("password")?,
        },
        contested: fields.flag("contested")?,
        created_at: fields.time("created_at")?,
        expires_at: fields.time("expires_at")?,
    })
}
