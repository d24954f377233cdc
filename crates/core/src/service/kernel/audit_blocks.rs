//! Blocks of the audit trail: the key that signs them, and the next block of a chain.

use data_encoding::BASE64URL_NOPAD;

use super::Kernel;
use crate::{
    audit::{AuditEntry, AuditId, AuditKey, Block, CHECKPOINT, Chain, StoredBlock},
    batch,
    ctx::Ctx,
    error::{Error, Result},
    port::{Batch, ChainOp, Precondition, RecordOp},
    record::{Record, RecordKeys, RecordRow},
};

/// Active signing key of the audit trail, and its record, which is rewritten when the key is rotated.
pub(in crate::service) struct AuditSigner {
    pub(in crate::service) key: AuditKey,
    pub(in crate::service) row: RecordRow,
}

/// Preconditions that fail if another server has written the block, or another key has taken over.
pub(in crate::service) const OVERTAKEN: [Precondition; 2] = [Precondition::AuditChain, Precondition::RecordRevision];

impl Kernel {
    /// Returns the key that signs. Creates it if there is none.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails, and `Internal` if a key is unusable.
    pub(in crate::service) async fn audit_signer(&self, ctx: &Ctx) -> Result<AuditSigner> {
        if let Some(signer) = self.newest_signer().await? {
            return Ok(signer);
        }
        let admin = self.realms.admin()?;
        let key = AuditKey::generate(1, ctx.now).map_err(Error::internal)?;
        let row = key.seal(ctx, &admin.name, RecordKeys::Realm(&admin.keys));
        if self.commit_unless(batch![RecordOp::Insert(row.clone())], &[Precondition::RecordFree]).await? {
            tracing::info!(kid = key.kid(), "audit key created");
            return Ok(AuditSigner { key, row });
        }
        // Another server created the key first.
        self.newest_signer().await?.ok_or_else(|| Error::internal("no audit key"))
    }

    async fn newest_signer(&self) -> Result<Option<AuditSigner>> {
        let newest = self.audit_key_rows().await?.pop();
        newest.map(|row| Ok(AuditSigner { key: self.open_audit_key(&row)?, row })).transpose()
    }

    /// Creates the next block of a chain, and the operations that write it. They require that no other key has taken
    /// over.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails, and `Internal` if the key is unusable.
    pub(in crate::service) async fn next_block(
        &self,
        chain: Chain,
        rows: &[AuditEntry],
        signer: &AuditSigner,
    ) -> Result<(Block, Batch)> {
        let last = self.ports.store.blocks_before(chain, u64::MAX, 1).await?.pop();
        let stored = StoredBlock::next(chain, last.as_ref().map(|last| &last.block), rows, &signer.key);
        let stored = stored.ok_or_else(|| Error::internal("the audit key cannot sign"))?;
        let rows = rows.iter().map(|row| row.id).collect::<Vec<AuditId>>();
        let (realm, kind) = (signer.row.realm.clone(), signer.row.kind);
        let (key, revision) = (signer.row.key.clone(), signer.row.revision);
        let block = stored.block.clone();
        let require = RecordOp::Require { realm, kind, key, revision };
        Ok((block, batch![require, ChainOp::Seal { block: Box::new(stored), rows }]))
    }
}

/// Logs the checkpoint. Log archives can then prove that a chain was rewritten, even with the signing key.
pub(in crate::service) fn log_block(block: &Block) {
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
