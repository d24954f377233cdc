//! Sessions.

use async_trait::async_trait;
use mongodb::bson::{Bson, Document, doc};
use portcullis_core::{
    clock::Timestamp,
    id::{RealmName, SessionId, UserId},
    oauth::{ClientId, Scopes},
    port::{Precondition, SessionOp, Sessions, StoreError},
    session::{
        Amr, Change, Family, Impersonator, Revocation, Session, SessionGrant, SessionKind, SessionUse, TokenHash,
        surplus,
    },
};

use crate::mongodb::{
    MongoStore,
    error::{OpError, Unreadable, require},
    fields::{DocumentFields, bytes, key, time},
    key_locks::Contended,
    work::{Work, find, list, page},
};

pub(in crate::mongodb) const NAME: &str = "sessions";

fn document(session: &Session) -> Document {
    doc! {
        "_id": key(&session.realm, session.id.as_str()),
        "user_id": session.user.as_str(),
        "kind": session.kind.as_str(),
        "auth_time": time(session.auth_time),
        "amr": methods(session),
        "client": bytes(session.client.as_bytes()),
        "impersonator": session.impersonator.as_ref().map(Impersonator::to_text),
        "created_at": time(session.created_at),
        "expires_at": time(session.expires_at),
        "refresh": bytes(&session.family.current.0),
        "previous": session.family.previous.map(|hash| bytes(&hash.0)),
        "rotated_at": time(session.family.rotated_at),
        "idle_until": time(session.family.idle_until),
        "client_id": session.grant.as_ref().map(|grant| grant.client.as_str()),
        "parent": session.grant.as_ref().map(|grant| grant.parent.as_str()),
        "scope": session.grant.as_ref().map(|grant| grant.scopes.to_text()),
    }
}

fn methods(session: &Session) -> Vec<&'static str> {
    session.amr.iter().map(|amr| amr.as_str()).collect()
}

fn read(mut fields: DocumentFields) -> Result<Session, Unreadable> {
    let mut key = fields.within("_id")?;
    Ok(Session {
        realm: key.realm()?,
        id: key.word("id", SessionId::parse)?,
        user: fields.word("user_id", UserId::parse)?,
        // All sessions of earlier versions belong to applications.
        kind: fields.word_if_any("kind", SessionKind::parse)?.unwrap_or(SessionKind::Api),
        auth_time: fields.time("auth_time")?,
        amr: fields.words("amr", Amr::parse)?,
        client: fields.sealed("client")?,
        impersonator: fields.word_if_any("impersonator", Impersonator::parse)?,
        created_at: fields.time("created_at")?,
        expires_at: fields.time("expires_at")?,
        family: Family {
            current: fields.array("refresh").map(TokenHash)?,
            previous: fields.array_if_any("previous")?.map(TokenHash),
            rotated_at: fields.time("rotated_at")?,
            idle_until: fields.time("idle_until")?,
        },
        grant: read_grant(&mut fields)?,
    })
}

/// Sessions of earlier versions have no grant.
fn read_grant(fields: &mut DocumentFields) -> Result<Option<SessionGrant>, Unreadable> {
    let client = fields.word_if_any("client_id", ClientId::parse)?;
    let parent = fields.word_if_any("parent", SessionId::parse)?;
    let scopes = fields.word_if_any("scope", Scopes::parse)?;
    let all = client.zip(parent).zip(scopes);
    Ok(all.map(|((client, parent), scopes)| SessionGrant { client, parent, scopes }))
}

fn by_id(realm: &RealmName, id: &SessionId) -> Document {
    doc! { "_id": key(realm, id.as_str()) }
}

fn by_user(realm: &RealmName, user: &UserId) -> Document {
    doc! { "_id.realm": realm.as_str(), "user_id": user.as_str() }
}

#[async_trait]
impl Sessions for MongoStore {
    async fn session(&self, realm: &RealmName, id: &SessionId) -> Result<Option<Session>, StoreError> {
        self.answer("session", find(self.db(), NAME, by_id(realm, id), read)).await
    }

    async fn sessions_of(&self, realm: &RealmName, user: &UserId) -> Result<Vec<Session>, StoreError> {
        self.answer("sessions_of", list(self.db(), NAME, by_user(realm, user), doc! {}, read)).await
    }

    async fn few_sessions_of(&self, realm: &RealmName, user: &UserId, most: usize) -> Result<Vec<Session>, StoreError> {
        self.answer("few_sessions_of", page(self.db(), NAME, by_user(realm, user), doc! {}, most, read)).await
    }
}

pub(super) async fn apply(work: &mut Work<'_>, op: &SessionOp) -> Result<(), OpError> {
    match op {
        SessionOp::Insert(session) => require(work.insert(NAME, document(session)).await?, Precondition::SessionThere),
        SessionOp::End(ended) => {
            require(work.delete(NAME, by_id(&ended.realm, &ended.session)).await?, Precondition::SessionThere)
        }
        SessionOp::EndAll { realm, user, except, expires_at } => {
            end_all(work, realm, user, except.as_ref(), *expires_at).await
        }
        SessionOp::EndSurplus { realm, user, kind, client, newest, most, now, expires_at } => {
            let mut live = by_user(realm, user);
            live.insert("kind", of_kind(*kind));
            // Sessions of earlier versions do not have the field, which counts as none.
            live.insert("client_id", client.as_ref().map(ClientId::as_str));
            live.extend(doc! { "expires_at": { "$gt": time(*now) }, "idle_until": { "$gt": time(*now) } });
            let fields = doc! { "_id": 1, "previous": 1, "rotated_at": 1 };
            let live = work.list(NAME, live, fields).await?;
            let live = live.into_iter().map(read_use).collect::<Result<_, _>>()?;
            let ended = surplus(live, newest, *most);
            if ended.is_empty() {
                return Ok(());
            }
            let keys = ended.iter().map(|id| key(realm, id.as_str())).collect::<Vec<_>>();
            log_ends(work, realm, ended, *expires_at);
            work.delete_all(NAME, doc! { "_id": { "$in": keys } }).await
        }
        SessionOp::Authenticate(session) => {
            let authenticated = doc! { "auth_time": time(session.auth_time), "amr": methods(session) };
            let by_id = by_id(&session.realm, &session.id);
            require(work.update(NAME, by_id, doc! { "$set": authenticated }).await?, Precondition::SessionThere)
        }
        SessionOp::Rotate { realm, id, from, to, at, idle_until } => {
            let mut newest = by_id(realm, id);
            newest.insert("refresh", bytes(&from.0));
            let next = doc! {
                "refresh": bytes(&to.0),
                "previous": bytes(&from.0),
                "rotated_at": time(*at),
                "idle_until": time(*idle_until),
            };
            require(work.update(NAME, newest, doc! { "$set": next }).await?, Precondition::RefreshNewest)
        }
    }
}

async fn end_all(
    work: &mut Work<'_>,
    realm: &RealmName,
    user: &UserId,
    except: Option<&SessionId>,
    expires_at: Timestamp,
) -> Result<(), OpError> {
    let mut ending = by_user(realm, user);
    if let Some(except) = except {
        ending.insert("_id", doc! { "$ne": key(realm, except.as_str()) });
    }
    let ended = work.list(NAME, ending.clone(), doc! { "_id": 1 }).await?;
    let ended = ended.into_iter().map(|document| read_id(&mut DocumentFields::of(document)));
    log_ends(work, realm, ended.collect::<Result<_, _>>()?, expires_at);
    work.delete_all(NAME, ending).await
}

/// Returns the condition for sessions of a kind. Sessions of earlier versions have no kind and belong to
/// applications.
fn of_kind(kind: SessionKind) -> Document {
    match kind {
        SessionKind::Api => doc! { "$in": [Bson::from(kind.as_str()), Bson::Null] },
        SessionKind::Browser | SessionKind::Client => doc! { "$eq": kind.as_str() },
    }
}

fn read_id(fields: &mut DocumentFields) -> Result<SessionId, Unreadable> {
    fields.within("_id")?.word("id", SessionId::parse)
}

fn read_use(document: Document) -> Result<SessionUse, Unreadable> {
    let mut fields = DocumentFields::of(document);
    Ok(SessionUse {
        id: read_id(&mut fields)?,
        is_refreshed: fields.array_if_any::<32>("previous")?.is_some(),
        last_used_at: fields.time("rotated_at")?,
    })
}

fn log_ends(work: &mut Work<'_>, realm: &RealmName, ended: Vec<SessionId>, expires_at: Timestamp) {
    let ends = ended.into_iter().map(|session| Revocation { realm: realm.clone(), session, expires_at });
    work.changes.extend(ends.map(Change::SessionEnded));
}

pub(super) fn contends(op: &SessionOp) -> Vec<Contended<'_>> {
    match op {
        SessionOp::Insert(_) => Vec::new(),
        SessionOp::End(ended) => vec![Contended::Session(ended.session.as_str())],
        SessionOp::EndAll { user, .. } | SessionOp::EndSurplus { user, .. } => vec![Contended::Person(user.as_str())],
        SessionOp::Authenticate(session) => vec![Contended::Session(session.id.as_str())],
        SessionOp::Rotate { id, .. } => vec![Contended::Session(id.as_str())],
    }
}
