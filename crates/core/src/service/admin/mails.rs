//! Mails that administrators cause: an address gets no more of them than of those that visitors cause.

use super::Administered;
use crate::{
    account::email::EmailAddress,
    admin::Right,
    error::{Error, Refusal, Result},
    limit::{LimitKey, LimitKind},
    port::{Batch, CommitError, LimitOp},
};

impl<R: Right> Administered<'_, R> {
    /// Commits a batch, and answers `lost` if something that it requires has changed meanwhile.
    ///
    /// # Errors
    /// `lost`; unavailable.
    pub(super) async fn settle(&self, batch: Batch, lost: Refusal) -> Result<()> {
        self.commit(batch).await.map_err(|error| outcome(error, lost))
    }

    /// The same for a batch with a mail, unless administrators have sent too many to the address. Those that visitors cause count
    /// separately, so that no visitor can use up what help needs.
    ///
    /// # Errors
    /// Limited; `lost`; unavailable.
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
