//! Successions: links of a registration apply to the one that replaced it with the same password.

use super::Scope;
use crate::{
    account::{Registration, Succession, User},
    error::{Error, Result},
    id::UserId,
    port::{Op, RecordOp},
    record::{Record, RecordKeys},
};

/// Maximum number of successions to follow. Links of earlier registrations are invalid.
const FOLLOWED: usize = 32;

impl Scope<'_> {
    /// Returns the operation that makes links of an earlier registration apply to the later one.
    pub(in crate::service) fn succeed(&self, earlier: UserId, later: &Registration) -> Op {
        let succession = Succession { earlier, later: later.id.clone(), expires_at: later.expires_at };
        RecordOp::Insert(succession.seal(self.ctx, &self.realm.name, RecordKeys::Realm(&self.realm.keys))).into()
    }

    /// Returns the pending registration that links of this subject apply to.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails, and `Internal` if a succession cannot be decrypted.
    pub(in crate::service) async fn pending_registration(&self, subject: &UserId) -> Result<Option<Registration>> {
        let mut subject = subject.clone();
        for _ in 0..FOLLOWED {
            if let Some(found) = self.ports.store.registration(&self.realm.name, &subject).await? {
                return Ok(Some(found).filter(|registration| registration.is_pending(self.ctx.now)));
            }
            let Some(next) = self.successor(&subject).await? else { break };
            subject = next;
        }
        Ok(None)
    }

    /// Returns the user created from the registration that links of this subject apply to.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails, and `Internal` if a succession cannot be decrypted.
    pub(in crate::service) async fn activated_user(&self, subject: &UserId) -> Result<Option<User>> {
        let mut subject = subject.clone();
        for _ in 0..FOLLOWED {
            if let Some(found) = self.ports.store.user(&self.realm.name, &subject).await? {
                return Ok(Some(found));
            }
            let Some(next) = self.successor(&subject).await? else { break };
            subject = next;
        }
        Ok(None)
    }

    async fn successor(&self, earlier: &UserId) -> Result<Option<UserId>> {
        let row = self.ports.store.record(&self.realm.name, Succession::KIND, earlier.as_str()).await?;
        let Some(row) = row.filter(|row| row.expires_at.is_none_or(|at| at > self.ctx.now)) else { return Ok(None) };
        let succession = Succession::open(&row, RecordKeys::Realm(&self.realm.keys)).map_err(Error::internal)?;
        Ok(Some(succession.later))
    }
}
