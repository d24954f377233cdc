//! What waits to be sent, and who works on it until when.

use std::time::Duration;

use portcullis_core::{
    clock::Timestamp,
    id::{ChallengeId, LeaseId, OutboxId},
    message::{
        Channel, MessageKind,
        outbox::{Claimed, DeliveryOutcome, Lease, OutboxRow},
    },
    port::{OutboxState, Precondition},
};
use rusqlite::{Connection, Row, params};

use super::{list, write};
use crate::sqlite::{
    error::{OpError, require},
    row::{Columns, number},
};

pub(super) const STATEMENTS: &[&str] = &[CLAIM, DONE, RETRY, RELEASE, DEAD, BURY, SWEEP, STATE];

/// So long what could not be sent is kept to be counted.
const DEAD_FOR: Duration = Duration::from_secs(30 * 24 * 3600);

const ENQUEUE: &str = "INSERT INTO outbox
    (id, realm, kind, recipient, challenge, created_at, due_at, give_up_at, attempts, channel)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
const CLAIM: &str = "UPDATE outbox SET lease_id = ?1, lease_until = ?2 WHERE position IN
    (SELECT position FROM outbox
     WHERE state = 'waiting' AND channel = ?5 AND due_at <= ?3 AND (lease_until IS NULL OR lease_until <= ?3)
     ORDER BY due_at, position LIMIT ?4)
    RETURNING position, id, realm, kind, recipient, challenge, created_at, due_at, give_up_at, attempts";
const DONE: &str = "DELETE FROM outbox WHERE id = ?1 AND lease_id = ?2";
const RETRY: &str = "UPDATE outbox SET due_at = ?3, attempts = attempts + 1, lease_id = NULL, lease_until = NULL
    WHERE id = ?1 AND lease_id = ?2";
const RELEASE: &str = "UPDATE outbox SET lease_id = NULL, lease_until = NULL WHERE id = ?1 AND lease_id = ?2";
const DEAD: &str = "UPDATE outbox SET state = 'dead', recipient = x'', lease_id = NULL, lease_until = NULL
    WHERE id = ?1 AND lease_id = ?2";
const BURY: &str = "UPDATE outbox SET state = 'dead', recipient = x'', lease_id = NULL, lease_until = NULL
    WHERE position = ?1";
const SWEEP: &str = "DELETE FROM outbox WHERE position IN
    (SELECT position FROM outbox WHERE state = 'dead' AND created_at <= ?1 ORDER BY created_at LIMIT ?2)";
const STATE: &str = "SELECT (SELECT count(*) FROM outbox WHERE state = 'waiting'),
    (SELECT count(*) FROM outbox WHERE state = 'dead'),
    (SELECT min(created_at) FROM outbox WHERE state = 'waiting')";

pub(super) fn enqueue(db: &Connection, row: &OutboxRow) -> Result<(), OpError> {
    let params = params![
        row.id.as_str(),
        row.realm.as_str(),
        row.kind.as_str(),
        row.recipient.as_bytes(),
        row.challenge.map(|challenge| challenge.0),
        row.created_at.millis(),
        row.due_at.millis(),
        row.give_up_at.millis(),
        row.attempts,
        row.kind.channel().as_str(),
    ];
    write(db, ENQUEUE, params)?;
    Ok(())
}

pub(in crate::sqlite) fn claim(
    db: &Connection,
    channel: Channel,
    limit: usize,
    lease: &Lease,
) -> rusqlite::Result<Vec<Claimed>> {
    let (until, now) = (lease.until.millis(), lease.now.millis());
    let params = params![lease.id.as_str(), until, now, number(limit as u64), channel.as_str()];
    let mut rows = Vec::new();
    for row in list(db, CLAIM, params, |row| Ok((row.get::<_, i64>(0)?, read(row))))? {
        match row {
            (position, Ok(row)) => rows.push((position, row)),
            (position, Err(error)) => {
                // Written by another version, or damaged: the others must not wait for it.
                tracing::error!(position, %error, "a message cannot be read and will never be sent");
                write(db, BURY, params![position])?;
            }
        }
    }
    // RETURNING keeps no order.
    rows.sort_by_key(|(position, row)| (row.due_at, *position));
    Ok(rows.into_iter().map(|(_, row)| Claimed { row, lease: lease.id.clone() }).collect())
}

pub(super) fn settle(db: &Connection, id: &OutboxId, lease: &LeaseId, outcome: DeliveryOutcome) -> Result<(), OpError> {
    let (id, lease) = (id.as_str(), lease.as_str());
    let settled = match outcome {
        DeliveryOutcome::Done => write(db, DONE, params![id, lease]),
        DeliveryOutcome::Retry(at) => write(db, RETRY, params![id, lease, at.millis()]),
        DeliveryOutcome::Release => write(db, RELEASE, params![id, lease]),
        DeliveryOutcome::Dead => write(db, DEAD, params![id, lease]),
    }?;
    require(settled == 1, Precondition::LeaseHeld)
}

pub(super) fn sweep(db: &Connection, now: Timestamp) -> rusqlite::Result<u64> {
    let dead_for = i64::try_from(DEAD_FOR.as_millis()).unwrap_or(i64::MAX);
    super::sweep(db, SWEEP, Timestamp::from_millis(now.millis().saturating_sub(dead_for)))
}

pub(in crate::sqlite) fn state(db: &Connection) -> rusqlite::Result<OutboxState> {
    db.prepare_cached(STATE)?.query_row([], |row| {
        let mut columns = Columns::of(row);
        Ok(OutboxState { waiting: columns.count()?, dead: columns.count()?, oldest: columns.time_if_any()? })
    })
}

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
    })
}
