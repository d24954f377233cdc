//! The audit trail.

use async_trait::async_trait;
use mongodb::{
    Database,
    bson::{Document, doc, oid::ObjectId},
    error::Error,
};
use portcullis_core::{
    audit::{AuditEntry, AuditFilter, AuditId, AuditQuery, AuditRow, Event, PlacedEntry, UserEvents},
    clock::Timestamp,
    id::{NodeId, RealmName, RequestId, SessionId, UserId},
    port::{Audit, StoreError},
    seal::BlindIndex,
};

use crate::mongodb::{
    MongoStore,
    error::{OpError, Unreadable},
    fields::{DocumentFields, bytes, number, time},
    work::{Work, page},
};

pub(in crate::mongodb) const NAME: &str = "audit";

/// Reads a row with its position in the chain.
pub(super) fn read_placed(mut fields: DocumentFields) -> Result<PlacedEntry, Unreadable> {
    // A position that the server never writes is read as none. A verification reports it.
    let position = fields.count_if_any("chain_position").unwrap_or_default();
    Ok(PlacedEntry { position, entry: read(fields)? })
}

pub(super) fn read(mut fields: DocumentFields) -> Result<AuditEntry, Unreadable> {
    Ok(AuditEntry {
        id: AuditId(fields.array("id")?),
        at: fields.time("at")?,
        realm: fields.realm()?,
        event: fields.text("event")?,
        outcome: fields.text("outcome")?,
        reason: fields.text_if_any("reason")?,
        rule: fields.text_if_any("rule")?,
        actor_kind: fields.text("actor_kind")?,
        actor_id: fields.text_if_any("actor_id")?,
        user: fields.word_if_any("user_id", UserId::parse)?,
        index: fields.array_if_any("blind_index")?.map(BlindIndex),
        session: fields.word_if_any("session_id", SessionId::parse)?,
        request_id: fields.word("request_id", RequestId::parse)?,
        node: fields.text_if_any("node")?,
        details: fields.text("details")?,
        client: fields.sealed_if_any("client")?,
        note: fields.sealed_if_any("note")?,
        count: fields.count("count")?,
    })
}

/// Adds the columns that rows of earlier versions lack: an identifier derived from their time and order, and the
/// attributes of their event. Their client is unknown. Rows with an identifier are skipped, so that an interrupted run
/// can continue.
pub(in crate::mongodb) async fn carry_over(db: &Database) -> Result<(), Error> {
    const AT_ONCE: usize = 500;
    let old = db.collection::<Document>(NAME);
    let mut rows = old.find(doc! { "id": { "$exists": false } }).await?;
    let mut updates = Vec::new();
    while rows.advance().await? {
        updates.push(carried_over(&rows.deserialize_current()?));
        if updates.len() == AT_ONCE {
            db.run_command(doc! { "update": NAME, "updates": std::mem::take(&mut updates) }).await?;
        }
    }
    if updates.is_empty() {
        return Ok(());
    }
    db.run_command(doc! { "update": NAME, "updates": updates }).await.map(drop)
}

fn carried_over(row: &Document) -> Document {
    let place = row.get_object_id("_id").as_ref().map(ObjectId::bytes).unwrap_or_default();
    let at = row.get_datetime("at").map_or(0, |at| at.timestamp_millis());
    // The last five bytes: the end of the process's random value, and a counter.
    let mut rest = [0; 10];
    rest.iter_mut().skip(5).zip(place.iter().skip(7)).for_each(|(to, from)| *to = *from);
    let word = row.get_str("event").unwrap_or_default();
    let outcome = Event::ALL.iter().find(|event| event.as_str() == word).map_or("ok", |event| event.outcome().as_str());
    let user = row.get_str("user_id").ok().filter(|_| OF_USERS.contains(&word));
    doc! { "q": { "_id": row.get("_id") }, "u": { "$set": {
        "id": bytes(&AuditId::of(Timestamp::from_millis(at), rest).0),
        "outcome": outcome,
        "rule": null,
        "actor_kind": if user.is_some() { "user" } else { "anonymous" },
        "actor_id": user,
        "session_id": null,
        "node": null,
        "details": "{}",
        "client": null,
        "note": null,
        "count": 1_i64,
    } } }
}

/// Events of earlier versions caused by users.
const OF_USERS: [&str; 8] = [
    "email_verified",
    "registration_claimed",
    "logged_in",
    "logged_out",
    "password_reset",
    "password_refused",
    "account_deleted",
    "phone_verified",
];

#[async_trait]
impl Audit for MongoStore {
    async fn audit_rows(&self, realm: &RealmName, limit: usize) -> Result<Vec<AuditEntry>, StoreError> {
        let newest_first = doc! { "at": -1, "_id": -1 };
        let rows = page(self.db(), NAME, doc! { "realm": realm.as_str() }, newest_first, limit, read);
        self.answer("audit_rows", rows).await
    }

    async fn user_events(&self, wanted: &UserEvents) -> Result<Vec<AuditEntry>, StoreError> {
        let end = wanted.before.map_or([u8::MAX; 16], |id| id.0);
        let shown: Vec<&str> = Event::ALL.iter().filter(|event| event.is_shown()).map(|event| event.as_str()).collect();
        let filter = doc! {
            "realm": wanted.realm.as_str(),
            "user_id": wanted.user.as_str(),
            "id": { "$gte": bytes(&AuditId::first_at(wanted.since).0), "$lt": bytes(&end) },
            "event": { "$in": shown },
        };
        let rows = page(self.db(), NAME, filter, doc! { "id": -1 }, wanted.limit, read);
        self.answer("user_events", rows).await
    }

    async fn audit_query(&self, wanted: &AuditQuery) -> Result<Vec<PlacedEntry>, StoreError> {
        let mut filter = match &wanted.by {
            AuditFilter::All => doc! {},
            AuditFilter::Realm(realm) => doc! { "realm": realm.as_str() },
            AuditFilter::User(user) => doc! { "user_id": user.as_str() },
            AuditFilter::Event(event) => doc! { "event": event },
            AuditFilter::Actor(actor) => doc! { "actor_id": actor },
            AuditFilter::Outcome(outcome) => doc! { "outcome": outcome },
            AuditFilter::Request(request) => doc! { "request_id": request.as_str() },
            AuditFilter::Session(session) => doc! { "session_id": session.as_str() },
            AuditFilter::Index(index) => doc! { "blind_index": bytes(&index.0) },
        };
        filter.insert("id", doc! { "$gte": bytes(&wanted.from.0), "$lt": bytes(&wanted.before.0) });
        let order = doc! { "id": if wanted.is_backwards { 1 } else { -1 } };
        let rows = page(self.db(), NAME, filter, order, wanted.limit, read_placed);
        self.answer("audit_query", rows).await
    }
}

pub(super) async fn append(work: &mut Work<'_>, row: &AuditRow) -> Result<(), OpError> {
    let document = doc! {
        "id": bytes(&row.id.0),
        "at": time(row.at),
        "realm": row.realm.as_str(),
        "event": row.event.as_str(),
        "outcome": row.outcome.as_str(),
        "reason": row.reason,
        "rule": row.rule,
        "actor_kind": row.actor.kind.as_str(),
        "actor_id": row.actor.id.as_deref(),
        "user_id": row.user.as_ref().map(|user| user.as_str()),
        "blind_index": row.index.map(|index| bytes(&index.0)),
        "session_id": row.session.as_ref().map(|session| session.as_str()),
        "request_id": row.request_id.as_str(),
        "node": row.node.as_ref().map(NodeId::as_str),
        "details": row.details.to_json(),
        "client": row.client.as_ref().map(|client| bytes(client.as_bytes())),
        "note": row.note.as_ref().map(|note| bytes(note.as_bytes())),
        "count": number(row.count),
    };
    work.insert_all(NAME, vec![document]).await
}
