//! Mails sent by administrators. They have the same limit per address as mails requested by visitors.

use super::Administered;
use crate::{
    account::email::EmailAddress,
    admin::Right,
    error::{Error, Refusal, Result},
    limit::{LimitKey, LimitKind},
    port::{Batch, CommitError, LimitOp},
};

impl<R: Right> Administered<'_, R> {
    /// Commits a batch.
    ///
    /// # Errors
    /// Returns `lost` if a precondition of the batch fails, and `Unavailable` if the store fails.
    pub(super) async fn settle(&self, batch: Batch, lost: Refusal) -> Result<()> {
        self.commit(batch).await.map_err(|error| outcome(error, lost))
    }

    /// Commits a batch with a mail, subject to the limit of administrators' mails per address. Mails requested by
    /// visitors are counted separately, so that visitors cannot exhaust the limit needed for support.
    ///
    /// # Errors
    /// Returns `Limited` if the limit is reached, `lost` if a precondition of the batch fails, and `Unavailable` if
    /// the store fails.
    pub(super) async fn settle_mail(&self, email: &EmailAddress, batch: Batch, lost: Refusal) -> Result<()> {
        let (kind, quota, now) = (LimitKind::Mails, self.settings.limits.mails_account, self.ctx.now);
        let index = email.blind_index(&self.realm.keys);
        let key = LimitKey::in_realm(&self.realm.keys, kind, &[b"admin", &index.0]);
        let count = LimitOp::Count { kind, key, quota, now };
        let reached = self.commit_within(vec![count.into()], batch).await.map_err(|error| outcome(error, lost))?;
        match reached {
            Some(kind) => {
                let wait = self.ports.store.window(key).await?.wait(quota, now);
                Err(Error::limited(wait, kind.setting()))
            }
            None => Ok(()),
        }
    }
}

fn outcome(error: CommitError, lost: Refusal) -> Error {
    match error {
        CommitError::Failed(_) => lost.because(error),
        CommitError::Store(error) => error.into(),
    }
}
