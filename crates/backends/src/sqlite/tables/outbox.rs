//! The outbox: queued messages and their leases.

use std::{sync::LazyLock, time::Duration};

use async_trait::async_trait;
use portcullis_core::{
    clock::Timestamp,
    id::{ChallengeId, LeaseId, OutboxId},
    message::{
        Channel, MessageKind,
        outbox::{Claimed, DeliveryFault, DeliveryOutcome, Lease, OutboxRow},
    },
    port::{Outbox, OutboxEntry, OutboxOp, OutboxQuery, OutboxState, Precondition, StoreError},
    seal::BlindIndex,
};
use rusqlite::{Connection, Row, params};

use super::{find, list, write};
use crate::{
    sqlite::{
        SqliteStore,
        error::{OpError, require, store_error},
        row::{Columns, number},
        table::{Table, borrowed, owned},
    },
    timing::timed,
};

const TABLE: Table<OutboxRow> = Table {
    name: "outbox",
    columns: &[
        ("id", |row| borrowed(row.id.as_str())),
        ("realm", |row| borrowed(row.realm.as_str())),
        ("kind", |row| borrowed(row.kind.as_str())),
        ("recipient", |row| borrowed(row.recipient.as_bytes())),
        ("challenge", |row| borrowed(row.challenge.as_ref().map(|challenge| challenge.0.as_slice()))),
        ("created_at", |row| owned(row.created_at.millis())),
        ("due_at", |row| owned(row.due_at.millis())),
        ("give_up_at", |row| owned(row.give_up_at.millis())),
        ("attempts", |row| owned(row.attempts)),
        ("unknowns", |row| owned(row.unknowns)),
        ("blind_index", |row| borrowed(row.index.as_ref().map(|index| index.0.as_slice()))),
        // Derived from the kind and never read. Claims filter by it.
        ("channel", |row| borrowed(row.kind.channel().as_str())),
    ],
};

/// Reads a row after its position.
fn read(row: &Row<'_>) -> rusqlite::Result<OutboxRow> {
    let mut columns = Columns::after(row, 1);
    Ok(OutboxRow {
        id: columns.word(OutboxId::parse)?,
        realm: columns.realm()?,
        kind: columns.word(MessageKind::parse)?,
        recipient: columns.sealed()?,
        challenge: columns.value::<Option<[u8; 16]>>()?.map(ChallengeId),
        created_at: columns.time()?,
        due_at: columns.time()?,
        give_up_at: columns.time()?,
        attempts: columns.value()?,
        unknowns: columns.value()?,
        index: columns.value::<Option<[u8; 32]>>()?.map(BlindIndex),
    })
}

/// How long a dead message is kept for the statistics.
const DEAD_FOR: Duration = Duration::from_secs(30 * 24 * 3600);

static ENQUEUE: LazyLock<String> = LazyLock::new(|| TABLE.insert(""));
static CLAIM: LazyLock<String> = LazyLock::new(|| {
    format!(
        "UPDATE outbox SET lease_id = ?1, lease_until = ?2 WHERE position IN
            (SELECT position FROM outbox
            WHERE state = 'waiting' AND channel = ?5 AND due_at <= ?3 AND (lease_until IS NULL OR lease_until <= ?3)
            ORDER BY due_at, position LIMIT ?4)
        RETURNING position, {}",
        TABLE.names()
    )
});
const DONE: &str = "DELETE FROM outbox WHERE id = ?1 AND lease_id = ?2";
const RETRY: &str = "UPDATE outbox SET due_at = ?3, attempts = attempts + 1, lease_id = NULL, lease_until = NULL
    WHERE id = ?1 AND lease_id = ?2";
const UNKNOWN: &str =
    "UPDATE outbox SET due_at = ?3, attempts = attempts + 1, unknowns = unknowns + 1, lease_id = NULL,
    lease_until = NULL WHERE id = ?1 AND lease_id = ?2";
const EXTEND: &str = "UPDATE outbox SET lease_until = ?3 WHERE id = ?1 AND lease_id = ?2";
const NOTE_FAULT: &str = "UPDATE outbox SET fault = ?3 WHERE id = ?1 AND lease_id = ?2";
const FREE: &str = "UPDATE outbox SET lease_id = NULL, lease_until = NULL WHERE lease_until IS NOT NULL";
const RELEASE: &str = "UPDATE outbox SET lease_id = NULL, lease_until = NULL WHERE id = ?1 AND lease_id = ?2";
const DEAD: &str =
    "UPDATE outbox SET state = 'dead', recipient = x'', blind_index = NULL, lease_id = NULL, lease_until = NULL
    WHERE id = ?1 AND lease_id = ?2";
const BURY: &str =
    "UPDATE outbox SET state = 'dead', recipient = x'', blind_index = NULL, lease_id = NULL, lease_until = NULL
    WHERE position = ?1";
const SWEEP: &str = "DELETE FROM outbox WHERE position IN
    (SELECT position FROM outbox WHERE state = 'dead' AND created_at <= ?1 ORDER BY created_at LIMIT ?2)";
const STATE: &str = "SELECT (SELECT count(*) FROM outbox WHERE state = 'waiting'),
    (SELECT count(*) FROM outbox WHERE state = 'dead'),
    (SELECT min(created_at) FROM outbox WHERE state = 'waiting')";

const HASTEN: &str = "UPDATE outbox SET due_at = ?2 WHERE id = ?1 AND state = 'waiting'";
const DROP: &str = "DELETE FROM outbox WHERE id = ?1";
static BY_ID: LazyLock<String> =
    LazyLock::new(|| format!("SELECT state, {}, fault FROM outbox WHERE id = ?1", TABLE.names()));
/// Conditions of a list. The bound of its position is always given, so that the index is used for it.
const LISTED: &str = "state = ?1 AND realm = ?4 AND attempts BETWEEN ?5 AND ?6 AND (?7 IS NULL OR channel = ?7)
    AND (?9 IS NULL OR blind_index IN (?9, ?10))";
static OLDER: LazyLock<String> = LazyLock::new(|| {
    let names = TABLE.names();
    format!(
        "SELECT state, {names}, fault FROM outbox WHERE {LISTED} AND created_at <= ?2 AND (created_at, id) < (?2, ?3)
        ORDER BY created_at DESC, id DESC LIMIT ?8"
    )
});
static NEWER: LazyLock<String> = LazyLock::new(|| {
    let names = TABLE.names();
    format!(
        "SELECT state, {names}, fault FROM outbox WHERE {LISTED} AND created_at >= ?2 AND (created_at, id) > (?2, ?3)
        ORDER BY created_at, id LIMIT ?8"
    )
});

pub(super) fn statements() -> Vec<&'static str> {
    let listed: [&str; 3] = [&BY_ID, &OLDER, &NEWER];
    [&CLAIM, DONE, RETRY, UNKNOWN, EXTEND, NOTE_FAULT, RELEASE, DEAD, BURY, SWEEP, STATE, HASTEN, DROP]
        .into_iter()
        .chain(listed)
        .collect()
}

#[async_trait]
impl Outbox for SqliteStore {
    async fn claim(&self, channel: Channel, limit: usize, lease: &Lease) -> Result<Vec<Claimed>, StoreError> {
        let lease = lease.clone();
        let claim = move |db: &Connection| claim(db, channel, limit, &lease).map_err(store_error);
        timed("claim", self.writer.run(claim)).await
    }

    async fn outbox_state(&self, _now: Timestamp) -> Result<OutboxState, StoreError> {
        self.readers.read("outbox_state", state).await
    }

    async fn outbox_page(&self, query: &OutboxQuery) -> Result<Vec<OutboxEntry>, StoreError> {
        let query = query.clone();
        self.readers.read("outbox_page", move |db: &Connection| page(db, &query)).await
    }

    async fn outbox_row(&self, id: &OutboxId) -> Result<Option<OutboxEntry>, StoreError> {
        let id = id.clone();
        let query = move |db: &Connection| find(db, &BY_ID, params![id.as_str()], read_entry);
        Ok(self.readers.read("outbox_row", query).await?.flatten())
    }
}

impl SqliteStore {
    /// Releases the leases of all messages and returns their number. Only for a process that has just acquired the
    /// serve lock, when all leases belong to a process that has exited.
    ///
    /// # Errors
    /// Returns [`StoreError`] if the store fails.
    pub async fn free_leases(&self) -> Result<usize, StoreError> {
        timed("free_leases", self.writer.run(|db| write(db, FREE, params![]).map_err(store_error))).await
    }
}

fn claim(db: &Connection, channel: Channel, limit: usize, lease: &Lease) -> rusqlite::Result<Vec<Claimed>> {
    let (until, now) = (lease.until.millis(), lease.now.millis());
    let params = params![lease.id.as_str(), until, now, number(limit as u64), channel.as_str()];
    let mut rows = Vec::new();
    for row in list(db, &CLAIM, params, |row| Ok((row.get::<_, i64>(0)?, read(row))))? {
        match row {
            (position, Ok(row)) => rows.push((position, row)),
            (position, Err(error)) => {
                // Corrupted, or written by another version. It must not block the others.
                tracing::error!(position, %error, "message unreadable and marked as dead");
                write(db, BURY, params![position])?;
            }
        }
    }
    // `RETURNING` does not preserve the order.
    rows.sort_by_key(|(position, row)| (row.due_at, *position));
    Ok(rows.into_iter().map(|(_, row)| Claimed { row, lease: lease.id.clone() }).collect())
}

/// Sorts after every identifier, which consists of letters, digits, `-` and `_`.
const LAST: &str = "{";

fn page(db: &Connection, query: &OutboxQuery) -> rusqlite::Result<Vec<OutboxEntry>> {
    let nowhere = if query.is_backwards { (i64::MIN, "") } else { (i64::MAX, LAST) };
    let place = query.from.as_ref().map_or(nowhere, |place| (place.created_at.millis(), place.id.as_str()));
    let (least, most) = match query.is_retried {
        None => (0, i64::MAX),
        Some(false) => (0, 0),
        Some(true) => (1, i64::MAX),
    };
    let [email, phone] = query.recipient.map_or([None, None], |indexes| indexes.map(|index| Some(index.0)));
    let params = params![
        if query.is_dead { "dead" } else { "waiting" },
        place.0,
        place.1,
        query.realm.as_str(),
        least,
        most,
        query.channel.map(Channel::as_str),
        number(query.limit as u64),
        email,
        phone,
    ];
    let entries = list(db, if query.is_backwards { &NEWER } else { &OLDER }, params, read_entry)?;
    Ok(entries.into_iter().flatten().collect())
}

/// Reads a row after its state. Returns `None` if it was written by another version.
fn read_entry(row: &Row<'_>) -> rusqlite::Result<Option<OutboxEntry>> {
    let is_dead = row.get::<_, String>(0)? == "dead";
    let fault = row.get::<_, Option<String>>("fault")?.and_then(|word| DeliveryFault::parse(&word));
    Ok(read(row).ok().map(|row| OutboxEntry { row, is_dead, fault }))
}

fn state(db: &Connection) -> rusqlite::Result<OutboxState> {
    db.prepare_cached(STATE)?.query_row([], |row| {
        let mut columns = Columns::of(row);
        Ok(OutboxState { waiting: columns.count()?, dead: columns.count()?, oldest: columns.time_if_any()? })
    })
}

pub(super) fn apply(db: &Connection, op: &OutboxOp) -> Result<(), OpError> {
    match op {
        OutboxOp::Enqueue(row) => {
            write(db, &ENQUEUE, TABLE.bind(row))?;
            Ok(())
        }
        OutboxOp::ExtendLease { id, lease, until } => {
            let extended = write(db, EXTEND, params![id.as_str(), lease.as_str(), until.millis()])?;
            require(extended == 1, Precondition::LeaseHeld)
        }
        OutboxOp::NoteFault { id, lease, fault } => {
            let noted = write(db, NOTE_FAULT, params![id.as_str(), lease.as_str(), fault.as_str()])?;
            require(noted == 1, Precondition::LeaseHeld)
        }
        OutboxOp::FinishDelivery { id, lease, outcome } => finish(db, id, lease, *outcome),
        OutboxOp::Hasten { id, due_at } => {
            require(write(db, HASTEN, params![id.as_str(), due_at.millis()])? == 1, Precondition::MessageThere)
        }
        OutboxOp::Drop { id } => require(write(db, DROP, params![id.as_str()])? == 1, Precondition::MessageThere),
    }
}

fn finish(db: &Connection, id: &OutboxId, lease: &LeaseId, outcome: DeliveryOutcome) -> Result<(), OpError> {
    let (id, lease) = (id.as_str(), lease.as_str());
    let finished = match outcome {
        DeliveryOutcome::Done => write(db, DONE, params![id, lease]),
        DeliveryOutcome::Retry(at) => write(db, RETRY, params![id, lease, at.millis()]),
        DeliveryOutcome::Unknown(at) => write(db, UNKNOWN, params![id, lease, at.millis()]),
        DeliveryOutcome::Release => write(db, RELEASE, params![id, lease]),
        DeliveryOutcome::Dead => write(db, DEAD, params![id, lease]),
    }?;
    require(finished == 1, Precondition::LeaseHeld)
}

pub(super) fn sweep(db: &Connection, now: Timestamp) -> rusqlite::Result<u64> {
    let dead_for = i64::try_from(DEAD_FOR.as_millis()).unwrap_or(i64::MAX);
    super::sweep(db, SWEEP, Timestamp::from_millis(now.millis().saturating_sub(dead_for)))
}
