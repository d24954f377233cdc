use async_trait::async_trait;

use super::{Effect, StoreError};
use crate::{
    clock::Timestamp,
    id::{LeaseId, OutboxId},
    message::{
        Channel,
        outbox::{Claimed, DeliveryOutcome, Lease, OutboxRow},
    },
};

/// Claims and reads of the outbox.
#[async_trait]
pub trait Outbox {
    /// Claims up to `limit` rows of a channel that are due and not leased, oldest first. Rows with the same due time are
    /// claimed in the order in which they were enqueued.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn claim(&self, channel: Channel, limit: usize, lease: &Lease) -> Result<Vec<Claimed>, StoreError>;

    /// Returns the number of waiting and dead rows.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn outbox_state(&self, now: Timestamp) -> Result<OutboxState, StoreError>;
}

/// Writes of the outbox.
#[derive(Debug, Clone)]
pub enum OutboxOp {
    /// Adds a message.
    Enqueue(OutboxRow),
    /// Sets the end of the lease of a claimed row. Requires the lease to be the current one.
    ExtendLease { id: OutboxId, lease: LeaseId, until: Timestamp },
    /// Records the outcome of a claimed row. Requires the lease to be the current one.
    FinishDelivery { id: OutboxId, lease: LeaseId, outcome: DeliveryOutcome },
}

impl OutboxOp {
    pub(super) fn effects(&self) -> Vec<Effect> {
        match self {
            Self::Enqueue(_) => vec![Effect::MessageEnqueued],
            Self::ExtendLease { .. } | Self::FinishDelivery { .. } => Vec::new(),
        }
    }
}

/// Size of the outbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OutboxState {
    /// Rows that wait for delivery.
    pub waiting: u64,
    /// Rows that were given up.
    pub dead: u64,
    /// Time when the oldest waiting row was enqueued.
    pub oldest: Option<Timestamp>,
}
