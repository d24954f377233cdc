//! The outbox: queued messages and their leases.

use std::time::Duration;

use async_trait::async_trait;
use mongodb::{
    Database,
    bson::{Bson, Document, doc, oid::ObjectId},
};
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

use super::one_of;
use crate::mongodb::{
    MongoStore,
    error::{OpError, Unreadable, require},
    fields::{DocumentFields, bytes, number, time},
    work::Work,
};

pub(in crate::mongodb) const NAME: &str = "outbox";

/// How long a dead message is kept for the statistics.
pub(in crate::mongodb) const DEAD_FOR: Duration = Duration::from_secs(30 * 24 * 3600);

fn document(row: &OutboxRow) -> Document {
    doc! {
        "_id": row.id.as_str(),
        "realm": row.realm.as_str(),
        "kind": row.kind.as_str(),
        "channel": row.kind.channel().as_str(),
        "recipient": bytes(row.recipient.as_bytes()),
        "challenge": row.challenge.map(|challenge| bytes(&challenge.0)),
        "created_at": time(row.created_at),
        "due_at": time(row.due_at),
        "give_up_at": time(row.give_up_at),
        "attempts": number(row.attempts.into()),
        "unknowns": number(row.unknowns.into()),
        "blind_index": row.index.map(|index| bytes(&index.0)),
        "state": "waiting",
        // Preserves the order of enqueuing, at least within one process.
        "came": ObjectId::new(),
    }
}

fn read(mut fields: DocumentFields) -> Result<OutboxRow, Unreadable> {
    Ok(OutboxRow {
        id: fields.word("_id", OutboxId::parse)?,
        realm: fields.realm()?,
        kind: fields.word("kind", MessageKind::parse)?,
        recipient: fields.sealed("recipient")?,
        challenge: fields.array_if_any("challenge")?.map(ChallengeId),
        created_at: fields.time("created_at")?,
        due_at: fields.time("due_at")?,
        give_up_at: fields.time("give_up_at")?,
        attempts: fields.count("attempts")?,
        // Missing in messages of earlier versions.
        unknowns: fields.count("unknowns").unwrap_or_default(),
        index: fields.array_if_any("blind_index")?.map(BlindIndex),
    })
}

/// Returns a filter for the messages in a state.
fn state(name: &str) -> Document {
    doc! { "state": name }
}

/// Returns a filter for dead messages whose retention period has ended.
pub(super) fn long_dead(now: Timestamp) -> Document {
    let dead_for = i64::try_from(DEAD_FOR.as_millis()).unwrap_or(i64::MAX);
    let before = Timestamp::from_millis(now.millis().saturating_sub(dead_for));
    doc! { "state": "dead", "created_at": { "$lte": time(before) } }
}

#[async_trait]
impl Outbox for MongoStore {
    async fn claim(&self, channel: Channel, limit: usize, lease: &Lease) -> Result<Vec<Claimed>, StoreError> {
        self.answer("claim", claim(self.db(), channel, limit, lease)).await
    }

    async fn outbox_state(&self, _now: Timestamp) -> Result<OutboxState, StoreError> {
        self.answer("outbox_state", count(self.db())).await
    }

    async fn outbox_page(&self, query: &OutboxQuery) -> Result<Vec<OutboxEntry>, StoreError> {
        self.answer("outbox_page", listed(self.db(), query)).await
    }

    async fn outbox_row(&self, id: &OutboxId) -> Result<Option<OutboxEntry>, StoreError> {
        let row = async {
            let found = self.db().collection::<Document>(NAME).find_one(doc! { "_id": id.as_str() }).await?;
            Ok(found.and_then(entry))
        };
        self.answer("outbox_row", row).await
    }
}

async fn listed(db: &Database, query: &OutboxQuery) -> Result<Vec<OutboxEntry>, OpError> {
    let mut filter = state(if query.is_dead { "dead" } else { "waiting" });
    filter.insert("realm", query.realm.as_str());
    if let Some(is_retried) = query.is_retried {
        filter.insert(
            "attempts",
            if is_retried {
                doc! { "$gt": 0 }
            } else {
                doc! { "$eq": 0 }
            },
        );
    }
    if let Some(channel) = query.channel {
        filter.insert("channel", channel.as_str());
    }
    if let Some(indexes) = query.recipient {
        filter.insert("blind_index", doc! { "$in": indexes.map(|index| bytes(&index.0)).to_vec() });
    }
    let (order, beyond) = if query.is_backwards { (1, "$gt") } else { (-1, "$lt") };
    if let Some(place) = &query.from {
        // The index is only used because of the bound on the time alone.
        let at_most = if query.is_backwards { "$gte" } else { "$lte" };
        filter.insert("created_at", doc! { at_most: time(place.created_at) });
        let same = doc! { "created_at": time(place.created_at), "_id": { beyond: &place.id } };
        filter.insert("$or", vec![doc! { "created_at": { beyond: time(place.created_at) } }, same]);
    }
    let outbox = db.collection::<Document>(NAME);
    let sorted = outbox.find(filter).sort(doc! { "created_at": order, "_id": order });
    let mut cursor = sorted.limit(number(query.limit as u64)).await?;
    let mut entries = Vec::new();
    while cursor.advance().await? {
        entries.extend(entry(cursor.deserialize_current()?));
    }
    Ok(entries)
}

/// Reads a row with its state. Returns `None` if it was written by another version.
fn entry(document: Document) -> Option<OutboxEntry> {
    let is_dead = document.get_str("state").is_ok_and(|state| state == "dead");
    let fault = document.get_str("fault").ok().and_then(DeliveryFault::parse);
    read(DocumentFields::of(document)).ok().map(|row| OutboxEntry { row, is_dead, fault })
}

/// Selects due messages, then leases those that are still free.
async fn claim(db: &Database, channel: Channel, limit: usize, lease: &Lease) -> Result<Vec<Claimed>, OpError> {
    let free = doc! {
        "state": "waiting",
        "channel": channel.as_str(),
        "due_at": { "$lte": time(lease.now) },
        "lease_until": { "$not": { "$gt": time(lease.now) } },
    };
    let held = doc! { "$set": { "lease_id": lease.id.as_str(), "lease_until": time(lease.until) } };
    let mut taken = Vec::new();
    while taken.len() < limit {
        let due = documents(db, free.clone(), limit - taken.len()).await?;
        if due.is_empty() {
            break;
        }
        let keys: Vec<Bson> = due.into_iter().filter_map(|mut document| document.remove("_id")).collect();
        let picked = |filter: &Document| doc! { "$and": [one_of(keys.clone()), filter.clone()] };
        db.collection::<Document>(NAME).update_many(picked(&free), held.clone()).await?;
        let leased = documents(db, picked(&doc! { "lease_id": lease.id.as_str() }), limit).await?;
        for document in leased {
            let id = document.get("_id").cloned();
            match read(DocumentFields::of(document)) {
                Ok(row) => taken.push(Claimed { row, lease: lease.id.clone() }),
                // Corrupted, or written by another version. It must not block the others.
                Err(error) => {
                    tracing::error!(?id, %error, "message unreadable and marked as dead");
                    db.collection::<Document>(NAME).update_one(doc! { "_id": id }, dead()).await?;
                }
            }
        }
    }
    Ok(taken)
}

/// Returns up to `limit` matching documents, ordered by due time.
async fn documents(db: &Database, filter: Document, limit: usize) -> Result<Vec<Document>, OpError> {
    let outbox = db.collection::<Document>(NAME);
    let first = outbox.find(filter).sort(doc! { "due_at": 1, "came": 1 }).limit(number(limit as u64));
    let mut cursor = first.await?;
    let mut documents = Vec::new();
    while cursor.advance().await? {
        documents.push(cursor.deserialize_current()?);
    }
    Ok(documents)
}

async fn count(db: &Database) -> Result<OutboxState, OpError> {
    let outbox = db.collection::<Document>(NAME);
    let oldest = outbox.find_one(state("waiting")).sort(doc! { "created_at": 1 }).await?;
    Ok(OutboxState {
        waiting: outbox.count_documents(state("waiting")).await?,
        dead: outbox.count_documents(state("dead")).await?,
        oldest: oldest.map(|document| DocumentFields::of(document).time("created_at")).transpose()?,
    })
}

pub(super) async fn apply(work: &mut Work<'_>, op: &OutboxOp) -> Result<(), OpError> {
    match op {
        OutboxOp::Enqueue(row) => work.insert_all(NAME, vec![document(row)]).await,
        OutboxOp::ExtendLease { id, lease, until } => {
            let later = doc! { "$set": { "lease_until": time(*until) } };
            require(work.update(NAME, held(id, lease), later).await?, Precondition::LeaseHeld)
        }
        OutboxOp::NoteFault { id, lease, fault } => {
            let noted = doc! { "$set": { "fault": fault.as_str() } };
            require(work.update(NAME, held(id, lease), noted).await?, Precondition::LeaseHeld)
        }
        OutboxOp::FinishDelivery { id, lease, outcome } => finish(work, id, lease, *outcome).await,
        OutboxOp::Hasten { id, due_at } => {
            let waiting = doc! { "_id": id.as_str(), "state": "waiting" };
            let due = doc! { "$set": { "due_at": time(*due_at) } };
            require(work.update(NAME, waiting, due).await?, Precondition::MessageThere)
        }
        OutboxOp::Drop { id } => {
            require(work.delete(NAME, doc! { "_id": id.as_str() }).await?, Precondition::MessageThere)
        }
    }
}

async fn finish(work: &mut Work<'_>, id: &OutboxId, lease: &LeaseId, outcome: DeliveryOutcome) -> Result<(), OpError> {
    let held = held(id, lease);
    let free = doc! { "lease_id": "", "lease_until": "" };
    let finished = match outcome {
        DeliveryOutcome::Done => work.delete(NAME, held).await,
        DeliveryOutcome::Retry(at) => {
            let again = doc! { "$set": { "due_at": time(at) }, "$inc": { "attempts": 1 }, "$unset": free };
            work.update(NAME, held, again).await
        }
        DeliveryOutcome::Unknown(at) => {
            let again = doc! {
                "$set": { "due_at": time(at) },
                "$inc": { "attempts": 1, "unknowns": 1 },
                "$unset": free,
            };
            work.update(NAME, held, again).await
        }
        DeliveryOutcome::Release => work.update(NAME, held, doc! { "$unset": free }).await,
        DeliveryOutcome::Dead => work.update(NAME, held, dead()).await,
    }?;
    require(finished, Precondition::LeaseHeld)
}

/// Returns a filter for a message with its current lease.
fn held(id: &OutboxId, lease: &LeaseId) -> Document {
    doc! { "_id": id.as_str(), "lease_id": lease.as_str() }
}

/// Returns the update that marks a message as dead and erases its recipient.
fn dead() -> Document {
    doc! {
        "$set": { "state": "dead", "recipient": bytes(&[]) },
        "$unset": { "blind_index": "", "lease_id": "", "lease_until": "" },
    }
}
