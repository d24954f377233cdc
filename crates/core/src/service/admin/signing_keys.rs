//! Keys that sign access tokens: their list, new ones before their time, and the end of one.

use super::Administered;
use crate::{
    admin::{Administer, FreshVerb},
    audit::Event,
    batch,
    error::{Error, Result, catalogue::KEY_IN_USE},
    port::{Batch, KeyOp},
    service::{FieldErrors, RawField, SigningKeyStatus},
};

impl Administered<'_, Administer> {
    /// Returns the keys that the server makes itself, the newest first; none, where tokens are signed with a secret of the settings.
    ///
    /// # Errors
    /// Unavailable.
    pub async fn signing_keys(&self) -> Result<Vec<SigningKeyStatus>> {
        self.signing_key_states(self.ctx.now).await
    }

    /// Makes a key for each algorithm, which is published at once and signs an hour later; returns all keys.
    ///
    /// # Errors
    /// Stale; forbidden, for a key that may not; not found, where the server makes no keys; unavailable.
    pub async fn rotate_signing_key(&self) -> Result<Vec<SigningKeyStatus>> {
        self.fresh(FreshVerb::RotateKeys)?;
        let rows = self.make_signing_keys(self.ctx).await?;
        if rows.is_empty() {
            return Err(Error::not_found());
        }
        let mut batch = Batch::new();
        for row in rows {
            tracing::info!(kid = row.kid, "signing key created by an administrator");
            let audit = self.audit(Event::KeysRotated).by(self.admin()).detail("kid", row.kid.as_str());
            batch.extend(batch![KeyOp::PutSigning(row), audit]);
        }
        self.commit(batch).await?;
        self.signing_keys().await
    }

    /// Removes a key. Its tokens are invalid on every server within a minute.
    ///
    /// # Errors
    /// Stale; forbidden, for a key that may not; invalid; not found; conflict, while tokens of it may be valid unless it is forced;
    /// unavailable.
    pub async fn retire_signing_key(&self, kid: &str, force: &RawField) -> Result<()> {
        self.fresh(FreshVerb::RotateKeys)?;
        let mut errors = FieldErrors::default();
        let force = errors.flag("force", force);
        let is_forced = errors.finish(force)?;
        let key = self.retired_key(self.ctx, kid).await?.ok_or_else(Error::not_found)?;
        if key.is_in_use && !is_forced {
            return Err(KEY_IN_USE.into());
        }
        // Some key must sign.
        let mut batch: Batch = key.replacement.map(|row| KeyOp::PutSigning(row).into()).into_iter().collect();
        let audit = self.audit(Event::KeyRetired).by(self.admin()).detail("kid", kid);
        batch.extend(batch![KeyOp::DeleteSigning { kid: kid.to_owned() }, audit]);
        self.commit(batch).await?;
        tracing::info!(kid, "signing key removed by an administrator");
        Ok(())
    }
}
