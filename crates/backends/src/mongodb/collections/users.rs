//! Users, in one collection per realm, named after the realm.

use async_trait::async_trait;
use mongodb::{
    Database,
    bson::{Document, doc},
};
use portcullis_core::{
    account::{Envelope, Lock, Registration, Role, User},
    id::{RealmName, UserId},
    port::{AddressState, Precondition, StoreError, UserOp, UserQuery, Users},
    seal::BlindIndex,
};

use super::{locks, registrations};
use crate::mongodb::{
    MongoStore,
    error::{OpError, Unreadable, require},
    fields::{DocumentFields, bytes, number, time},
    key_locks::Contended,
    work::{Work, find, page},
};

/// Returns the fields of a user, without its key.
fn fields(user: &User) -> Document {
    doc! {
        "blind_index": bytes(&user.index.0),
        "data_key": bytes(user.envelope.data_key.as_bytes()),
        "profile": bytes(user.envelope.profile.as_bytes()),
        "password": bytes(user.envelope.password.as_bytes()),
        "password_set_at": time(user.password_set_at),
        "phone_verified_at": user.phone_verified_at.map(time),
        "phone_disputed": user.phone_disputed,
        "compromised": user.compromised,
        "two_step": user.two_step,
        "roles": user.roles.iter().map(Role::as_str).collect::<Vec<_>>(),
        "locked_at": user.lock.as_ref().map(|lock| time(lock.at)),
        "locked_until": user.lock.as_ref().and_then(|lock| lock.until).map(time),
        "lock_reason": user.lock.as_ref().map(|lock| bytes(lock.reason.as_bytes())),
        "seen_on": user.seen_on.map(time),
        "is_invited": user.is_invited,
        "created_at": time(user.created_at),
        "revision": number(user.revision),
    }
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
        // Documents of an older version lack this field.
        password_set_at: fields.time_if_any("password_set_at")?.unwrap_or(created_at),
        phone_verified_at: fields.time_if_any("phone_verified_at")?,
        phone_disputed: fields.flag("phone_disputed")?,
        compromised: fields.flag_if_any("compromised")?.unwrap_or_default(),
        two_step: fields.flag_if_any("two_step")?.unwrap_or_default(),
        roles: fields.words_if_any("roles", Role::parse)?,
        lock: lock(&mut fields)?,
        seen_on: fields.time_if_any("seen_on")?,
        is_invited: fields.flag_if_any("is_invited")?.unwrap_or_default(),
        created_at,
        revision: fields.count("revision")?,
    })
}

fn lock(fields: &mut DocumentFields) -> Result<Option<Lock>, Unreadable> {
    let (at, until) = (fields.time_if_any("locked_at")?, fields.time_if_any("locked_until")?);
    let reason = fields.sealed_if_any("lock_reason")?;
    Ok(at.zip(reason).map(|(at, reason)| Lock { at, until, reason }))
}

/// Returns the filter for a list.
fn listed(query: &UserQuery) -> Document {
    let mut all = vec![doc! { "created_at": { "$exists": true } }];
    if let Some(from) = &query.from {
        let (beyond, at) = (if query.is_backwards { "$gt" } else { "$lt" }, time(from.created_at));
        let same = doc! { "created_at": at, "_id": { beyond: &from.id } };
        all.push(doc! { "$or": [{ "created_at": { beyond: at } }, same] });
    }
    all.extend(query.created_from.map(|from| doc! { "created_at": { "$gte": time(from) } }));
    all.extend(query.created_before.map(|before| doc! { "created_at": { "$lt": time(before) } }));
    if !query.id_prefix.is_empty() {
        let end = format!("{}{{", query.id_prefix);
        all.push(doc! { "_id": { "$gte": &query.id_prefix, "$lt": end } });
    }
    all.extend(query.role.as_ref().map(|role| doc! { "roles": role.as_str() }));
    all.extend(
        query
            .two_step
            .map(|is_on| doc! { "two_step": if is_on { doc! { "$eq": true } } else { doc! { "$ne": true } } }),
    );
    if let Some(seen_before) = query.seen_before {
        all.push(doc! { "$or": [{ "seen_on": null }, { "seen_on": { "$lt": time(seen_before) } }] });
    }
    if let Some(is_locked) = query.is_locked {
        let holds = doc! { "$or": [{ "locked_until": null }, { "locked_until": { "$gt": time(query.now) } }] };
        let locked = doc! { "$and": [{ "locked_at": { "$type": "date" } }, holds] };
        all.push(if is_locked {
            locked
        } else {
            doc! { "$nor": [locked] }
        });
    }
    doc! { "$and": all }
}

fn at_revision(id: &UserId, revision: u64) -> Document {
    doc! { "_id": id.as_str(), "revision": number(revision) }
}

fn at_index(index: BlindIndex) -> Document {
    doc! { "blind_index": bytes(&index.0) }
}

#[async_trait]
impl Users for MongoStore {
    async fn user(&self, realm: &RealmName, id: &UserId) -> Result<Option<User>, StoreError> {
        let user = find(self.db(), realm.as_str(), doc! { "_id": id.as_str() }, |fields| read(realm, fields));
        self.answer("user", user).await
    }

    async fn at_address(&self, realm: &RealmName, index: BlindIndex) -> Result<AddressState, StoreError> {
        let state = async {
            // With this order, a registration that becomes a user in between is found at least as the user, possibly
            // as both.
            let registration = registrations::by_index(self.db(), realm, index).await?;
            let user = by_index(self.db(), realm, index).await?;
            let is_user = |registration: &Registration| user.as_ref().is_some_and(|user| user.id == registration.id);
            let registration = registration.filter(|registration| !is_user(registration));
            Ok(AddressState { user, registration })
        };
        self.answer("by_index", state).await
    }

    async fn users_page(&self, query: &UserQuery) -> Result<Vec<User>, StoreError> {
        let order = if query.is_backwards { 1 } else { -1 };
        let order = doc! { "created_at": order, "_id": order };
        let realm = query.realm.clone();
        let read = move |fields| read(&realm, fields);
        let users = page(self.db(), query.realm.as_str(), listed(query), order, query.limit, read);
        self.answer("users_page", users).await
    }
}

async fn by_index(db: &Database, realm: &RealmName, index: BlindIndex) -> Result<Option<User>, OpError> {
    find(db, realm.as_str(), at_index(index), |fields| read(realm, fields)).await
}

pub(super) async fn apply(work: &mut Work<'_>, op: &UserOp) -> Result<(), OpError> {
    match op {
        UserOp::Insert(user) => insert(work, user).await,
        UserOp::Update(user) => update(work, user).await,
        UserOp::Delete { realm, id, revision } => {
            let deleted = work.delete(realm.as_str(), at_revision(id, *revision)).await?;
            require(deleted, Precondition::UserRevision)
        }
        UserOp::Seen { realm, id, on } => {
            let seen = doc! { "$max": { "seen_on": time(*on) } };
            work.update(realm.as_str(), doc! { "_id": id.as_str() }, seen).await.map(drop)
        }
        UserOp::Require { realm, id, revision } => {
            require(touch(work, realm, at_revision(id, *revision)).await?, Precondition::UserRevision)
        }
        UserOp::RequireAddress { realm, index, is_taken: true } => {
            require(touch(work, realm, at_index(*index)).await?, Precondition::AddressAsSeen)
        }
        UserOp::RequireAddress { realm, index, is_taken: false } => {
            require(!work.has(realm.as_str(), at_index(*index)).await?, Precondition::AddressAsSeen)?;
            locks::touch(work, realm, bytes(&index.0)).await
        }
    }
}

async fn insert(work: &mut Work<'_>, user: &User) -> Result<(), OpError> {
    let mut document = fields(user);
    document.insert("_id", user.id.as_str());
    // Inserted first, so that a batch that loses the race for the address fails before it changes anything else.
    require(work.insert(user.realm.as_str(), document).await?, Precondition::UserFree)?;
    locks::touch(work, &user.realm, bytes(&user.index.0)).await
}

async fn update(work: &mut Work<'_>, user: &User) -> Result<(), OpError> {
    let before = at_revision(&user.id, user.revision.saturating_sub(1));
    let set = doc! { "$set": fields(user) };
    let Some(before) = work.update_from(user.realm.as_str(), before, set, Precondition::UserFree).await? else {
        return Err(OpError::Failed(Precondition::UserRevision));
    };
    if DocumentFields::of(before).index()? == user.index {
        return Ok(());
    }
    locks::touch(work, &user.realm, bytes(&user.index.0)).await
}

/// Writes to a user's document without changing the user, so that this batch conflicts with one that changes it.
/// Returns whether the document exists.
async fn touch(work: &mut Work<'_>, realm: &RealmName, filter: Document) -> Result<bool, OpError> {
    work.update(realm.as_str(), filter, doc! { "$inc": { "touched": 1 } }).await
}

pub(super) fn contends(op: &UserOp) -> Vec<Contended<'_>> {
    match op {
        UserOp::Insert(user) | UserOp::Update(user) => {
            vec![Contended::Address(user.index.0), Contended::Person(user.id.as_str())]
        }
        UserOp::Delete { id, .. } | UserOp::Seen { id, .. } | UserOp::Require { id, .. } => {
            vec![Contended::Person(id.as_str())]
        }
        UserOp::RequireAddress { index, .. } => vec![Contended::Address(index.0)],
    }
}
