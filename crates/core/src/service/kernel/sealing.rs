//! Seals audit rows into signed blocks and removes the rows of expired blocks.

use super::{
    Kernel,
    audit_blocks::{AuditSigner, OVERTAKEN, log_block},
};
use crate::{
    audit::{Actor, ActorKind, AuditEntry, AuditRow, Block, Chain, Event, MAX_ROWS, StoredBlock},
    clock::Timestamp,
    ctx::Ctx,
    error::Result,
    id::RealmName,
    port::{ChainOp, Op, StatOp},
    stats,
};

/// Maximum number of blocks pruned per step.
const BLOCKS_AT_ONCE: usize = 100;

/// Operations of the worker that seals the audit trail. Several servers may run it at the same time. If another
/// server has already written the block with the next number, the block is not written.
#[derive(Debug, Clone, Copy)]
pub struct Sealing<'a> {
    kernel: &'a Kernel,
    ctx: &'a Ctx,
}

/// Number of sealed blocks and rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SealedCount {
    pub blocks: u64,
    pub rows: u64,
}

impl<'a> Sealing<'a> {
    pub(in crate::service) const fn new(kernel: &'a Kernel, ctx: &'a Ctx) -> Self {
        Self { kernel, ctx }
    }

    /// Seals pending rows: all of them, or only whole blocks.
    ///
    /// Rows that are committed late are sealed later. Positions are assigned during sealing, so late rows leave no
    /// gaps.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails, and `Internal` if the key is unusable.
    pub async fn seal(&self, all: bool) -> Result<SealedCount> {
        let (store, mut sealed) = (&self.kernel.ports.store, SealedCount::default());
        loop {
            let rows = store.unsealed_rows(MAX_ROWS).await?;
            let is_whole = rows.len() == MAX_ROWS;
            if rows.is_empty() || (!is_whole && !all) {
                return Ok(sealed);
            }
            let (signer, before) = (self.kernel.audit_signer(self.ctx).await?, sealed.blocks);
            for chain in Chain::ALL {
                let rows: Vec<AuditEntry> = rows.iter().filter(|row| Chain::of(&row.event) == chain).cloned().collect();
                let Some(block) = self.seal_block(chain, &rows, &signer).await? else { continue };
                sealed.blocks += 1;
                sealed.rows += block.count;
            }
            // If no block was written, another server is sealing the same rows.
            if !is_whole || sealed.blocks == before {
                return Ok(sealed);
            }
        }
    }

    /// Seals rows into one block of a chain. Returns `None` if there are no rows or another server wrote the block
    /// first.
    async fn seal_block(&self, chain: Chain, rows: &[AuditEntry], signer: &AuditSigner) -> Result<Option<Block>> {
        if rows.is_empty() {
            return Ok(None);
        }
        let (block, seal) = self.kernel.next_block(chain, rows, signer).await?;
        // Each row is counted once, since it is sealed once.
        let counted = stats::counted(rows).into_iter().map(|stat| Op::from(StatOp::Add(stat)));
        let sealed = seal.into_iter().chain(counted).collect();
        if !self.kernel.commit_unless(sealed, &OVERTAKEN).await? {
            return Ok(None);
        }
        log_block(&block);
        Ok(Some(block))
    }

    /// Removes the rows of expired blocks in steps of a thousand, and records the progress in the trail. Returns the
    /// number of removed rows.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails.
    pub async fn prune(&self) -> Result<u64> {
        let mut removed = 0;
        for chain in Chain::ALL {
            let retention = self.kernel.settings.audit.of(chain);
            let millis = i64::try_from(retention.as_millis()).unwrap_or(i64::MAX);
            let until = Timestamp::from_millis(self.ctx.now.millis().saturating_sub(millis));
            while let Some(rows) = self.prune_step(chain, until).await? {
                removed += rows;
            }
        }
        Ok(removed)
    }

    /// Removes the rows of the oldest blocks of a chain. The row that records the removal is sealed in the same
    /// commit, so that rows are never missing without a signed reason.
    async fn prune_step(&self, chain: Chain, until: Timestamp) -> Result<Option<u64>> {
        let blocks = self.kernel.ports.store.unpruned_blocks(chain, BLOCKS_AT_ONCE).await?;
        let old = old_blocks(&blocks, until, self.ctx.now);
        let (Some(first), Some(last)) = (old.first(), old.last()) else { return Ok(None) };
        let prune = ChainOp::Prune { chain, blocks: first.number..=last.number, rows: first.first..=last.last };
        let mut rows = vec![self.pruned_row(chain, last)];
        if chain == Chain::Main {
            // The row that records the removal in the other chain may itself be among the removed rows.
            rows.extend(self.pruned_before(Chain::Reads).await?.map(|last| self.pruned_row(Chain::Reads, &last)));
        }
        let entries: Vec<AuditEntry> = rows.iter().cloned().map(Into::into).collect();
        let signer = self.kernel.audit_signer(self.ctx).await?;
        let (block, seal) = self.kernel.next_block(Chain::Main, &entries, &signer).await?;
        let rows = rows.into_iter().map(Op::from);
        let pruned = [prune.into()].into_iter().chain(rows).chain(seal).collect();
        if !self.kernel.commit_unless(pruned, &OVERTAKEN).await? {
            return Ok(None);
        }
        log_block(&block);
        let (number, position) = (last.number, last.last);
        tracing::info!(chain = chain.as_str(), number, position, "old rows of the audit trail removed");
        Ok(Some(old.iter().map(|block| block.count).sum()))
    }

    /// Creates the row that records the removal of the rows of a chain up to a block.
    fn pruned_row(&self, chain: Chain, last: &Block) -> AuditRow {
        let row = AuditRow::new(self.ctx, &RealmName::admin(), Event::AuditPruned);
        let details = row.details.clone().with(Event::AuditPruned, "chain", chain.as_str());
        let details = details.with(Event::AuditPruned, "block", last.number);
        let details = details.with(Event::AuditPruned, "position", last.last);
        let node = self.kernel.settings.node.clone();
        let actor = Actor { kind: ActorKind::Server, id: Some(node.as_str().to_owned()) };
        AuditRow { details, actor, node: Some(node), ..row }
    }

    /// Returns the last block of a chain whose rows were removed.
    async fn pruned_before(&self, chain: Chain) -> Result<Option<Block>> {
        let store = &self.kernel.ports.store;
        let next = store.unpruned_blocks(chain, 1).await?.pop().map_or(u64::MAX, |next| next.block.number);
        let last = store.blocks_before(chain, next, 1).await?.pop();
        Ok(last.filter(|last| last.is_pruned).map(|last| last.block))
    }
}

/// Returns the oldest complete blocks, up to the maximum number removed per run. A block that ends in the future is
/// misdated, so the next correctly dated block marks its end. Otherwise, a single such row would stop retention.
fn old_blocks(blocks: &[StoredBlock], until: Timestamp, now: Timestamp) -> Vec<&Block> {
    let end = |place| blocks.iter().skip(place).map(|stored| stored.block.to).find(|to| *to <= now);
    let mut rows = 0;
    let old = blocks.iter().enumerate().take_while(|(place, stored)| {
        rows += stored.block.count;
        end(*place).is_some_and(|end| end < until) && (rows == stored.block.count || rows <= MAX_ROWS as u64)
    });
    old.map(|(_, stored)| &stored.block).collect()
}
