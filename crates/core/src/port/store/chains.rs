use std::ops::RangeInclusive;

use async_trait::async_trait;

use super::{Effect, StoreError};
use crate::audit::{AuditEntry, AuditId, Chain, PlacedEntry, StoredBlock};

/// Reads of the chains that seal the audit trail.
#[async_trait]
pub trait AuditChains {
    /// Returns the oldest rows that are not sealed, in the order in which they were written.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn unsealed_rows(&self, limit: usize) -> Result<Vec<AuditEntry>, StoreError>;

    /// Returns the rows of a chain with these positions, in order.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn sealed_rows(&self, chain: Chain, first: u64, last: u64) -> Result<Vec<PlacedEntry>, StoreError>;

    /// Returns rows that have a position and belong to no chain: the chain is unknown, or the position is below 1. The server writes
    /// none.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn stray_rows(&self, limit: usize) -> Result<Vec<AuditEntry>, StoreError>;

    /// Returns the first blocks of a chain after a number, in order.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn blocks_after(&self, chain: Chain, number: u64, limit: usize) -> Result<Vec<StoredBlock>, StoreError>;

    /// Returns the last blocks of a chain before a number, the last one first.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn blocks_before(&self, chain: Chain, number: u64, limit: usize) -> Result<Vec<StoredBlock>, StoreError>;

    /// Returns the first blocks of a chain whose rows have not been removed, in order.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn unpruned_blocks(&self, chain: Chain, limit: usize) -> Result<Vec<StoredBlock>, StoreError>;
}

/// Writes of the chains.
#[derive(Debug, Clone)]
pub enum ChainOp {
    /// Adds a block, and gives its rows their positions in this order. Requires its number to be free, and the rows to be there
    /// and not sealed.
    Seal { block: Box<StoredBlock>, rows: Vec<AuditId> },
    /// Removes the rows of blocks, and keeps the blocks. Requires the blocks to be there, and their rows not to have been removed.
    Prune { chain: Chain, blocks: RangeInclusive<u64>, rows: RangeInclusive<u64> },
}

impl ChainOp {
    pub(super) fn effects(&self) -> Vec<Effect> {
        match self {
            Self::Seal { .. } | Self::Prune { .. } => Vec::new(),
        }
    }
}
