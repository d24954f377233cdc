//! Registrations that are not verified yet.

use async_trait::async_trait;
use mongodb::{
    Database,
    bson::{Document, doc},
};
use portcullis_core::{
    account::{Envelope, Registration},
    id::{RealmName, UserId},
    port::{Precondition, RegistrationOp, Registrations, Replaces, StoreError},
    seal::BlindIndex,
};

use crate::mongodb::{
    MongoStore,
    error::{OpError, Unreadable, require},
    fields::{DocumentFields, bytes, key, time},
    key_locks::Contended,
    work::{Work, find},
};

pub(in crate::mongodb) const NAME: &str = "registrations";

fn document(row: &Registration) -> Document {
    doc! {
        "_id": key(&row.realm, row.id.as_str()),
        "blind_index": bytes(&row.index.0),
        "data_key": bytes(row.envelope.data_key.as_bytes()),
        "profile": bytes(row.envelope.profile.as_bytes()),
        "password": bytes(row.envelope.password.as_bytes()),
        "contested": row.contested,
        "created_at": time(row.created_at),
        "expires_at": time(row.expires_at),
    }
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

fn by_id(realm: &RealmName, id: &UserId) -> Document {
    doc! { "_id": key(realm, id.as_str()) }
}

fn at_index(realm: &RealmName, index: BlindIndex) -> Document {
    doc! { "_id.realm": realm.as_str(), "blind_index": bytes(&index.0) }
}

#[async_trait]
impl Registrations for MongoStore {
    async fn registration(&self, realm: &RealmName, id: &UserId) -> Result<Option<Registration>, StoreError> {
        self.answer("registration", find(self.db(), NAME, by_id(realm, id), read)).await
    }
}

pub(super) async fn by_index(
    db: &Database,
    realm: &RealmName,
    index: BlindIndex,
) -> Result<Option<Registration>, OpError> {
    find(db, NAME, at_index(realm, index), read).await
}

pub(super) async fn apply(work: &mut Work<'_>, op: &RegistrationOp) -> Result<(), OpError> {
    match op {
        RegistrationOp::Put { row, replaces } => put(work, row, replaces).await,
        RegistrationOp::Contest { realm, id, is_contested, expires_at } => {
            let larger = doc! { "$max": { "contested": is_contested, "expires_at": time(*expires_at) } };
            require(work.update(NAME, by_id(realm, id), larger).await?, Precondition::RegistrationThere)
        }
        RegistrationOp::Delete { realm, id } => {
            require(work.delete(NAME, by_id(realm, id)).await?, Precondition::RegistrationThere)
        }
    }
}

async fn put(work: &mut Work<'_>, row: &Registration, replaces: &Replaces) -> Result<(), OpError> {
    match replaces {
        // An existing registration makes the insert fail.
        Replaces::Exactly(None) => {}
        Replaces::Exactly(Some(id)) => {
            let mut replaced = by_id(&row.realm, id);
            replaced.insert("blind_index", bytes(&row.index.0));
            if !row.contested {
                replaced.insert("contested", false);
            }
            require(work.delete(NAME, replaced).await?, Precondition::RegistrationReplaced)?;
        }
        Replaces::Anything => work.delete_all(NAME, at_index(&row.realm, row.index)).await?,
    }
    require(work.insert(NAME, document(row)).await?, Precondition::RegistrationReplaced)
}

pub(super) fn contends(op: &RegistrationOp) -> Vec<Contended<'_>> {
    match op {
        RegistrationOp::Put { row, replaces } => {
            let replaced = match replaces {
                Replaces::Exactly(Some(id)) => Some(Contended::Person(id.as_str())),
                Replaces::Exactly(None) | Replaces::Anything => None,
            };
            [Contended::Address(row.index.0)].into_iter().chain(replaced).collect()
        }
        RegistrationOp::Contest { id, .. } | RegistrationOp::Delete { id, .. } => vec![Contended::Person(id.as_str())],
    }
}
