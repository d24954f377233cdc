use std::ops::RangeInclusive;

use async_trait::async_trait;

use super::{Effect, StoreError};
use crate::audit::{AuditEntry, AuditId, Chain, PlacedEntry, StoredBlock};

/// Queries of the chains that seal the audit trail.
#[async_trait]
pub trait AuditChains {
    /// Returns the oldest unsealed rows, in the order in which they were written.
    ///
    /// # Errors
    /// Returns [`StoreError`] if the store fails.
    async fn unsealed_rows(&self, limit: usize) -> Result<Vec<AuditEntry>, StoreError>;

    /// Returns the rows of a chain with these positions, in order.
    ///
    /// # Errors
    /// Returns [`StoreError`] if the store fails.
    async fn sealed_rows(&self, chain: Chain, first: u64, last: u64) -> Result<Vec<PlacedEntry>, StoreError>;

    /// Returns rows that have a position but belong to no chain, because the chain is unknown or the position is
    /// below 1. The server never writes such rows.
    ///
    /// # Errors
    /// Returns [`StoreError`] if the store fails.
    async fn stray_rows(&self, limit: usize) -> Result<Vec<AuditEntry>, StoreError>;

    /// Returns the first blocks of a chain after a number, in order.
    ///
    /// # Errors
    /// Returns [`StoreError`] if the store fails.
    async fn blocks_after(&self, chain: Chain, number: u64, limit: usize) -> Result<Vec<StoredBlock>, StoreError>;

    /// Returns the last blocks of a chain before a number, in reverse order.
    ///
    /// # Errors
    /// Returns [`StoreError`] if the store fails.
    async fn blocks_before(&self, chain: Chain, number: u64, limit: usize) -> Result<Vec<StoredBlock>, StoreError>;

    /// Returns the first blocks of a chain that still have their rows, in order.
    ///
    /// # Errors
    /// Returns [`StoreError`] if the store fails.
    async fn unpruned_blocks(&self, chain: Chain, limit: usize) -> Result<Vec<StoredBlock>, StoreError>;
}

/// Writes to the chains.
#[derive(Debug, Clone)]
pub enum ChainOp {
    /// Adds a block and assigns positions to its rows in this order. Requires the block number to be free, and the
    /// rows to exist and not to be sealed.
    Seal { block: Box<StoredBlock>, rows: Vec<AuditId> },
    /// Removes the rows of blocks and keeps the blocks. Requires the blocks to exist and to have their rows.
    Prune { chain: Chain, blocks: RangeInclusive<u64>, rows: RangeInclusive<u64> },
}

impl ChainOp {
    pub(super) fn effects(&self) -> Vec<Effect> {
        match self {
            Self::Seal { .. } | Self::Prune { .. } => Vec::new(),
        }
    }
}
