//! The audit trail.

use std::sync::LazyLock;

use async_trait::async_trait;
use portcullis_core::{
    audit::{AuditEntry, AuditFilter, AuditId, AuditQuery, AuditRow, Event, PlacedEntry, UserEvents},
    id::{NodeId, RealmName, RequestId, SessionId, UserId},
    port::{Audit, StoreError},
    seal::{BlindIndex, Sealed},
};
use rusqlite::{Connection, Row, params, params_from_iter, types::Value};

use super::{list, write};
use crate::sqlite::{
    SqliteStore,
    error::OpError,
    row::{Columns, number},
    table::{Table, borrowed, owned},
};

pub(super) const TABLE: Table<AuditRow> = Table {
    name: "audit",
    columns: &[
        ("id", |row| borrowed(row.id.0.as_slice())),
        ("at", |row| owned(row.at.millis())),
        ("realm", |row| borrowed(row.realm.as_str())),
        ("event", |row| borrowed(row.event.as_str())),
        ("outcome", |row| borrowed(row.outcome.as_str())),
        ("reason", |row| borrowed(row.reason)),
        ("rule", |row| borrowed(row.rule)),
        ("actor_kind", |row| borrowed(row.actor.kind.as_str())),
        ("actor_id", |row| borrowed(row.actor.id.as_deref())),
        ("user_id", |row| borrowed(row.user.as_ref().map(|user| user.as_str()))),
        ("blind_index", |row| borrowed(row.index.as_ref().map(|index| index.0.as_slice()))),
        ("session_id", |row| borrowed(row.session.as_ref().map(|session| session.as_str()))),
        ("request_id", |row| borrowed(row.request_id.as_str())),
        ("node", |row| borrowed(row.node.as_ref().map(NodeId::as_str))),
        ("details", |row| owned(row.details.to_json())),
        ("client", |row| borrowed(row.client.as_ref().map(Sealed::as_bytes))),
        ("note", |row| borrowed(row.note.as_ref().map(Sealed::as_bytes))),
        ("count", |row| owned(number(row.count))),
    ],
};

pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<AuditEntry> {
    entry(Columns::of(row))
}

/// Reads a row, starting with its position in the chain.
pub(super) fn read_placed(row: &Row<'_>) -> rusqlite::Result<PlacedEntry> {
    let mut columns = Columns::of(row);
    // A position that the server never writes is read as none. A verification reports it.
    let position = columns.value::<i64>().ok().and_then(|position| u64::try_from(position).ok());
    Ok(PlacedEntry { position, entry: entry(columns)? })
}

fn entry(mut columns: Columns<'_>) -> rusqlite::Result<AuditEntry> {
    Ok(AuditEntry {
        id: AuditId(columns.value()?),
        at: columns.time()?,
        realm: columns.realm()?,
        event: columns.value()?,
        outcome: columns.value()?,
        reason: columns.value()?,
        rule: columns.value()?,
        actor_kind: columns.value()?,
        actor_id: columns.value()?,
        user: columns.word_if_any(UserId::parse)?,
        index: columns.value::<Option<[u8; 32]>>()?.map(BlindIndex),
        session: columns.word_if_any(SessionId::parse)?,
        request_id: columns.word(RequestId::parse)?,
        node: columns.value()?,
        details: columns.value()?,
        client: columns.value::<Option<Vec<u8>>>()?.map(Sealed::from_bytes),
        note: columns.value::<Option<Vec<u8>>>()?.map(Sealed::from_bytes),
        count: columns.count()?,
    })
}

static APPEND: LazyLock<String> = LazyLock::new(|| TABLE.insert(""));
static NEWEST: LazyLock<String> =
    LazyLock::new(|| TABLE.select("WHERE realm = ?1 ORDER BY at DESC, position DESC LIMIT ?2"));

static OF_USER: LazyLock<String> = LazyLock::new(|| {
    let shown = Event::ALL.iter().filter(|event| event.is_shown()).map(|event| format!("'{}'", event.as_str()));
    let shown = shown.collect::<Vec<_>>().join(", ");
    TABLE.select(&format!(
        "WHERE realm = ?1 AND user_id = ?2 AND id >= ?3 AND id < ?4 AND event IN ({shown}) ORDER BY id DESC LIMIT ?5"
    ))
});

/// Condition of each filter, with the value that it compares.
const FILTERS: [&str; 9] = [
    "",
    "realm = ?4 AND",
    "user_id = ?4 AND",
    "event = ?4 AND",
    "actor_id = ?4 AND",
    "outcome = ?4 AND",
    "request_id = ?4 AND",
    "session_id = ?4 AND",
    "blind_index = ?4 AND",
];

/// Statements of queries: for each filter, newest first and oldest first.
static QUERIES: LazyLock<Vec<[String; 2]>> = LazyLock::new(|| {
    let select = |filter: &str, order: &str| {
        format!(
            "SELECT chain_position, {} FROM audit WHERE {filter} id >= ?1 AND id < ?2 ORDER BY id {order} LIMIT ?3",
            TABLE.names()
        )
    };
    FILTERS.iter().map(|filter| ["DESC", "ASC"].map(|order| select(filter, order))).collect()
});

/// Returns the index of a filter and the value that it compares.
fn filter(by: &AuditFilter) -> (usize, Option<Value>) {
    let text = |text: &str| Some(Value::from(text.to_owned()));
    match by {
        AuditFilter::All => (0, None),
        AuditFilter::Realm(realm) => (1, text(realm.as_str())),
        AuditFilter::User(user) => (2, text(user.as_str())),
        AuditFilter::Event(event) => (3, text(event)),
        AuditFilter::Actor(actor) => (4, text(actor)),
        AuditFilter::Outcome(outcome) => (5, text(outcome)),
        AuditFilter::Request(request) => (6, text(request.as_str())),
        AuditFilter::Session(session) => (7, text(session.as_str())),
        AuditFilter::Index(index) => (8, Some(Value::from(index.0.to_vec()))),
    }
}

pub(super) fn statements() -> Vec<&'static str> {
    let queries = QUERIES.iter().flatten().map(String::as_str);
    [NEWEST.as_str(), OF_USER.as_str()].into_iter().chain(queries).collect()
}

#[async_trait]
impl Audit for SqliteStore {
    async fn audit_rows(&self, realm: &RealmName, limit: usize) -> Result<Vec<AuditEntry>, StoreError> {
        let realm = realm.clone();
        let query = move |db: &Connection| list(db, &NEWEST, params![realm.as_str(), number(limit as u64)], read);
        self.readers.read("audit_rows", query).await
    }

    async fn user_events(&self, wanted: &UserEvents) -> Result<Vec<AuditEntry>, StoreError> {
        let UserEvents { realm, user, before, since, limit } = wanted.clone();
        let query = move |db: &Connection| {
            let (first, end) = (AuditId::first_at(since).0, before.map_or([u8::MAX; 16], |id| id.0));
            list(db, &OF_USER, params![realm.as_str(), user.as_str(), first, end, number(limit as u64)], read)
        };
        self.readers.read("user_events", query).await
    }

    async fn audit_query(&self, wanted: &AuditQuery) -> Result<Vec<PlacedEntry>, StoreError> {
        let wanted = wanted.clone();
        let query = move |db: &Connection| {
            let (filter, value) = filter(&wanted.by);
            let Some(sql) = QUERIES.get(filter).and_then(|of| of.get(usize::from(wanted.is_backwards))) else {
                return Ok(Vec::new());
            };
            let bounds = [Value::from(wanted.from.0.to_vec()), Value::from(wanted.before.0.to_vec())];
            let values = bounds.into_iter().chain([Value::from(number(wanted.limit as u64))]).chain(value);
            list(db, sql, params_from_iter(values), read_placed)
        };
        self.readers.read("audit_query", query).await
    }
}

pub(super) fn append(db: &Connection, row: &AuditRow) -> Result<(), OpError> {
    write(db, &APPEND, TABLE.bind(row))?;
    Ok(())
}
