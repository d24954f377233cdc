//! Seals audit rows into signed blocks and removes the rows of expired blocks.

use data_encoding::BASE64URL_NOPAD;

use crate::{
    audit::{
        Actor, ActorKind, AuditEntry, AuditId, AuditKey, AuditRow, Block, CHECKPOINT, Chain, Event, MOST_ROWS,
        StoredBlock,
    },
    batch,
    clock::Timestamp,
    ctx::Ctx,
    error::{Error, Result},
    id::RealmName,
    port::{ChainOp, Op, Precondition, RecordOp, StatOp},
    record::{Record, RecordKeys},
    service::kernel::Kernel,
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
            let rows = store.unsealed_rows(MOST_ROWS).await?;
            let is_whole = rows.len() == MOST_ROWS;
            if rows.is_empty() || (!is_whole && !all) {
                return Ok(sealed);
            }
            let (key, before) = (self.key().await?, sealed.blocks);
            for chain in Chain::ALL {
                let rows: Vec<AuditEntry> = rows.iter().filter(|row| Chain::of(&row.event) == chain).cloned().collect();
                let Some(block) = self.seal_block(chain, &rows, &key).await? else { continue };
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
    async fn seal_block(&self, chain: Chain, rows: &[AuditEntry], key: &AuditKey) -> Result<Option<Block>> {
        if rows.is_empty() {
            return Ok(None);
        }
        let (block, seal) = self.next_block(chain, rows, key).await?;
        // Each row is counted once, since it is sealed once.
        let counted = stats::counted(rows).into_iter().map(|stat| Op::from(StatOp::Add(stat)));
        let sealed = std::iter::once(seal.into()).chain(counted).collect();
        if !self.kernel.commit_unless(sealed, &[Precondition::AuditChain]).await? {
            return Ok(None);
        }
        log(&block);
        Ok(Some(block))
    }

    /// Creates the next block of a chain.
    async fn next_block(&self, chain: Chain, rows: &[AuditEntry], key: &AuditKey) -> Result<(Block, ChainOp)> {
        let last = self.kernel.ports.store.blocks_before(chain, u64::MAX, 1).await?.pop();
        let stored = StoredBlock::next(chain, last.as_ref().map(|last| &last.block), rows, key);
        let stored = stored.ok_or_else(|| Error::internal("the audit key cannot sign"))?;
        let rows = rows.iter().map(|row| row.id).collect::<Vec<AuditId>>();
        Ok((stored.block.clone(), ChainOp::Seal { block: Box::new(stored), rows }))
    }

    /// Returns the signing key. Creates it if there is none.
    async fn key(&self) -> Result<AuditKey> {
        if let Some(newest) = self.kernel.audit_keys().await?.pop() {
            return Ok(newest);
        }
        let admin = self.kernel.realms.admin()?;
        let key = AuditKey::generate(1, self.ctx.now).map_err(Error::internal)?;
        let row = key.seal(self.ctx, &admin.name, RecordKeys::Realm(&admin.keys));
        if self.kernel.commit_unless(batch![RecordOp::Insert(row)], &[Precondition::RecordFree]).await? {
            tracing::info!(kid = key.kid(), "audit key created");
            return Ok(key);
        }
        // Another server created the key first.
        self.kernel.audit_keys().await?.pop().ok_or_else(|| Error::internal("no audit key"))
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
        let (block, seal) = self.next_block(Chain::Main, &entries, &self.key().await?).await?;
        let rows = rows.into_iter().map(Op::from);
        let pruned = [prune.into()].into_iter().chain(rows).chain([seal.into()]).collect();
        if !self.kernel.commit_unless(pruned, &[Precondition::AuditChain]).await? {
            return Ok(None);
        }
        log(&block);
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

/// Writes the checkpoint. Log archives can then prove that a chain was rewritten, even with the signing key.
fn log(block: &Block) {
    tracing::info!(
        chain = block.chain.as_str(),
        epoch = block.epoch,
        number = block.number,
        first = block.first,
        last = block.last,
        count = block.count,
        hash = BASE64URL_NOPAD.encode(&block.hash),
        kid = block.kid,
        signature = BASE64URL_NOPAD.encode(&block.signature),
        "{CHECKPOINT}"
    );
}

/// Returns the oldest complete blocks, up to the maximum number removed at once. A block that ends in the future is
/// misdated, so the next correctly dated block marks its end. Otherwise, a single such row would stop retention.
fn old_blocks(blocks: &[StoredBlock], until: Timestamp, now: Timestamp) -> Vec<&Block> {
    let end = |place| blocks.iter().skip(place).map(|stored| stored.block.to).find(|to| *to <= now);
    let mut rows = 0;
    let old = blocks.iter().enumerate().take_while(|(place, stored)| {
        rows += stored.block.count;
        end(*place).is_some_and(|end| end < until) && (rows == stored.block.count || rows <= MOST_ROWS as u64)
    });
    old.map(|(_, stored)| &stored.block).collect()
}
