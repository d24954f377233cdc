use async_trait::async_trait;

use super::{Effect, StoreError};
use crate::{
    clock::Timestamp,
    id::{LeaseId, OutboxId, RealmName},
    message::{
        Channel,
        outbox::{Claimed, DeliveryFault, DeliveryOutcome, Lease, OutboxRow},
    },
    seal::BlindIndex,
};

/// Claims and queries of the outbox.
#[async_trait]
pub trait Outbox {
    /// Claims up to `limit` rows of a channel that are due and not leased, oldest first. Rows with the same due time
    /// are claimed in the order in which they were enqueued.
    ///
    /// # Errors
    /// Returns [`StoreError`] if the store fails.
    async fn claim(&self, channel: Channel, limit: usize, lease: &Lease) -> Result<Vec<Claimed>, StoreError>;

    /// Returns the number of queued and dead rows.
    ///
    /// # Errors
    /// Returns [`StoreError`] if the store fails.
    async fn outbox_state(&self, now: Timestamp) -> Result<OutboxState, StoreError>;

    /// Returns a page of the pending or dead rows of a realm, newest first. Rows of unknown kinds are omitted.
    ///
    /// # Errors
    /// Returns [`StoreError`] if the store fails.
    async fn outbox_page(&self, query: &OutboxQuery) -> Result<Vec<OutboxEntry>, StoreError>;

    /// Returns a row, pending or dead.
    ///
    /// # Errors
    /// Returns [`StoreError`] if the store fails.
    async fn outbox_row(&self, id: &OutboxId) -> Result<Option<OutboxEntry>, StoreError>;
}

/// Writes to the outbox.
#[derive(Debug, Clone)]
pub enum OutboxOp {
    /// Adds a message.
    Enqueue(OutboxRow),
    /// Sets the end of the lease of a claimed row. Requires the lease to be the current one.
    ExtendLease { id: OutboxId, lease: LeaseId, until: Timestamp },
    /// Records the fault of a claimed row. Requires the lease to be the current one.
    NoteFault { id: OutboxId, lease: LeaseId, fault: DeliveryFault },
    /// Records the outcome of a claimed row. Requires the lease to be the current one.
    FinishDelivery { id: OutboxId, lease: LeaseId, outcome: DeliveryOutcome },
    /// Makes a row due. Requires it to be pending.
    Hasten { id: OutboxId, due_at: Timestamp },
    /// Removes a row, pending or dead. Requires it to exist.
    Drop { id: OutboxId },
}

impl OutboxOp {
    pub(super) fn effects(&self) -> Vec<Effect> {
        match self {
            Self::Enqueue(_) | Self::Hasten { .. } => vec![Effect::MessageEnqueued],
            Self::ExtendLease { .. } | Self::NoteFault { .. } | Self::FinishDelivery { .. } | Self::Drop { .. } => {
                Vec::new()
            }
        }
    }
}

/// Query for a page of the outbox.
#[derive(Debug, Clone)]
pub struct OutboxQuery {
    pub realm: RealmName,
    /// Whether to return dead rows instead of pending ones.
    pub is_dead: bool,
    /// Whether an attempt has failed. `None` includes both.
    pub is_retried: Option<bool>,
    pub channel: Option<Channel>,
    /// Blind indexes of the address and the number of a recipient.
    pub recipient: Option<[BlindIndex; 2]>,
    /// Position in the list where the page starts, exclusive.
    pub from: Option<OutboxPlace>,
    /// Whether the page precedes the position. If so, it is sorted from oldest to newest.
    pub is_backwards: bool,
    pub limit: usize,
}

/// Position of a row in the list by age.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct OutboxPlace {
    pub created_at: Timestamp,
    pub id: String,
}

/// An outbox row with its state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxEntry {
    /// Dead rows have no recipient.
    pub row: OutboxRow,
    pub is_dead: bool,
    /// Fault of the latest failed attempt.
    pub fault: Option<DeliveryFault>,
}

/// Size of the outbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OutboxState {
    /// Number of queued rows.
    pub waiting: u64,
    /// Number of abandoned rows.
    pub dead: u64,
    /// Time when the oldest queued row was enqueued.
    pub oldest: Option<Timestamp>,
}
