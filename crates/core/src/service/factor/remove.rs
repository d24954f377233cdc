//! `DELETE me/mfa/{id}`: removes a factor.

use super::SecondFactors;
use crate::{
    error::{Error, Result, catalogue::MFA_REQUIRED_BY_POLICY},
    factor::MfaPolicy,
    message::MessageKind,
    port::{Op, Precondition, UserOp},
    service::{
        FreshOwner, Owner, RawField,
        kernel::{ATTEMPTS, retry},
    },
};

impl SecondFactors<'_> {
    /// Removes a factor of the caller, and with the last one the recovery codes.
    ///
    /// # Errors
    /// Stale, if the login is too old or too weak; forbidden, for a wrong password; not found, for another factor; conflict, if the
    /// realm requires one; limited; unavailable.
    pub async fn remove(&self, owner: &Owner, current: &RawField, id: &str) -> Result<()> {
        let owner = self.fresh(owner, current).await?;
        retry(ATTEMPTS, "the account kept changing while a factor was removed", |_| self.remove_once(owner, id)).await
    }

    async fn remove_once(&self, owner: FreshOwner<'_>, id: &str) -> Result<Option<()>> {
        let user = self.fresh_user(owner).await?;
        let key = user.envelope.key(&self.realm.keys, &user.id)?;
        let factors = self.factors_of(&user, &key).await?;
        let removal = self.removal(&user, &factors, id, Some(owner.session().clone()));
        let removal = removal.ok_or_else(Error::not_found)?;
        if removal.is_last && self.realm.policy.mfa_policy == MfaPolicy::Required {
            return Err(MFA_REQUIRED_BY_POLICY.into());
        }
        let recipient = removal.recipient(&user.envelope.open_profile(&key)?);
        let mut change = removal.change;
        change.with.push(self.message(MessageKind::FactorRemoved, &recipient, None)?.into());
        let held: Op = UserOp::Update(change.user).into();
        let batch = std::iter::once(held).chain(change.with).collect();
        let lost = [Precondition::UserRevision, Precondition::RecordRevision];
        if !self.commit_unless(batch, &lost).await? {
            return Ok(None);
        }
        tracing::info!(realm = %self.realm.name, user = %user.id, "second factor removed");
        Ok(Some(()))
    }
}
