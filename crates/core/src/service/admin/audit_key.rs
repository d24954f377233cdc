//! `POST audit/keys/rotate`: a new key signs the blocks of the audit trail.

use super::Administered;
use crate::{
    admin::{Administer, FreshVerb},
    audit::{Announcement, AuditKey, Chain, Event, PublicAuditKey},
    batch,
    error::{Error, Result},
    port::{Precondition, RecordOp},
    record::{Record, RecordKeys, RecordRow},
    service::kernel::{ATTEMPTS, OVERTAKEN, Sealing, log_block, retry},
};

impl Administered<'_, Administer> {
    /// Generates a key that signs from the next block on. The present key signs its announcement, and the block that
    /// contains it. Returns the public keys, oldest first.
    ///
    /// # Errors
    /// Returns `Stale` if the login is too old or too weak, `Forbidden` for an API key without this permission, and
    /// `Unavailable` if the store fails.
    pub async fn rotate_audit_key(&self) -> Result<Vec<PublicAuditKey>> {
        self.fresh(FreshVerb::RotateKeys)?;
        // Older rows that are sealed after the announcement would count as backdated.
        Sealing::new(self.kernel, self.ctx).seal(true).await?;
        retry(ATTEMPTS, "the audit trail kept growing", |_| self.rotate_once()).await?;
        self.audit_keys().await
    }

    /// Generates a key. Returns `None` if another server has written a block meanwhile.
    async fn rotate_once(&self) -> Result<Option<()>> {
        let signer = self.kernel.audit_signer(self.ctx).await?;
        let key = AuditKey::generate(signer.key.number() + 1, self.ctx.now).map_err(Error::internal)?;
        let announcement = Announcement::of(key.public(), &signer.key);
        let announcement = announcement.ok_or_else(|| Error::internal("the audit key cannot sign"))?;
        let audit = self.audit(Event::AuditKeyChanged).by(self.admin());
        let audit = announcement.details().into_iter().fold(audit, |audit, (name, text)| audit.detail(name, text));
        let row = audit.sealed();
        let (block, seal) = self.kernel.next_block(Chain::Main, &[row.clone().into()], &signer).await?;
        let sealed = |key: &AuditKey| key.seal(self.ctx, &self.realm.name, RecordKeys::Realm(&self.realm.keys));
        // Written again, so that no other server signs a block with it any more.
        let previous = RecordRow { revision: signer.row.revision + 1, ..sealed(&signer.key) };
        let mut batch = batch![row];
        batch.extend(seal);
        batch.extend(batch![RecordOp::Replace(previous), RecordOp::Insert(sealed(&key))]);
        let lost: Vec<Precondition> = OVERTAKEN.into_iter().chain([Precondition::RecordFree]).collect();
        if !self.kernel.commit_unless(batch, &lost).await? {
            return Ok(None);
        }
        log_block(&block);
        tracing::info!(kid = key.kid(), "audit key changed by an administrator");
        Ok(Some(()))
    }
}
