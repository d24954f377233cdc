//! `delete`: deletes the account.

use super::Accounts;
use crate::{
    account::{User, email::EmailAddress},
    audit::Event,
    batch,
    error::{Error, Result},
    id::UserId,
    message::{MessageKind, Recipient},
    port::{AddressState, Batch, ChallengeOp, Precondition, RecordOp, RegistrationOp, UserOp},
    service::{
        FreshOwner, Owner, RawField,
        kernel::{ATTEMPTS, retry},
    },
};

/// Preconditions of a deletion that fail if the account changed in the meantime.
pub(in crate::service) const ERASURE_LOST: [Precondition; 2] =
    [Precondition::UserRevision, Precondition::RegistrationThere];

impl Accounts<'_> {
    /// Deletes the account of the caller: destroys its data key, which makes all sealed data unreadable, ends its
    /// sessions and frees its address. Both `id` and `email` must match the account, and the login must be recent.
    ///
    /// # Errors
    /// Returns `NotFound` if the identifier or the address does not match the account, `Stale` if the login is too
    /// old, `BadToken` if the account was deleted in the meantime, and `Unavailable` if the store fails.
    pub async fn delete(&self, owner: &Owner, id: &RawField, email: &RawField) -> Result<()> {
        let account = owner.account();
        let email = email.text().and_then(|raw| EmailAddress::parse(raw).ok());
        if id.text() != Some(account.id.as_str()) || email.as_ref() != Some(&account.profile.email) {
            return Err(Error::not_found());
        }
        let policy = &self.realm.policy;
        let usual = policy.delete_max_auth_age;
        let max_age = if owner.needs_two_factors() { usual.min(policy.fresh_auth_age) } else { usual };
        let owner = owner.fresh(self.ctx.now, max_age)?;
        retry(ATTEMPTS, "the account kept changing during its deletion", |_| self.erase(owner)).await
    }

    /// Deletes the account of the caller. Requires a recent login or the current password.
    ///
    /// # Errors
    /// Returns `Stale` if the login is too old, `Forbidden` if the password is wrong, `Limited` if a rate limit is
    /// reached, `BadToken` if the account was deleted in the meantime, and `Unavailable` if the store fails.
    pub async fn delete_own(&self, owner: &Owner, current: &RawField) -> Result<()> {
        let owner = self.fresh(owner, current).await?;
        retry(ATTEMPTS, "the account kept changing during its deletion", |_| self.erase(owner)).await
    }

    /// Deletes the account. Returns `None` if it changed in the meantime.
    async fn erase(&self, owner: FreshOwner<'_>) -> Result<Option<()>> {
        let (realm, account) = (&self.realm.name, owner.account());
        let user = self.fresh_user(owner).await?;
        let mut batch = self.erasure(&user).await?;
        batch.extend(batch![
            self.audit(Event::AccountDeleted).user(&user).session(owner.session()),
            self.message(MessageKind::AccountDeleted, &Recipient::of(&account.profile), None)?,
        ]);
        if !self.commit_unless(batch, &ERASURE_LOST).await? {
            return Ok(None);
        }
        tracing::info!(realm = %realm, user = %user.id, "account deleted");
        Ok(Some(()))
    }

    /// Returns the operations that delete a user: data key, sessions, records, challenges, and a registration of the
    /// address.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails.
    pub(in crate::service) async fn erasure(&self, user: &User) -> Result<Batch> {
        let realm = &self.realm.name;
        // A registration of the same address must not become an account after the deletion.
        let AddressState { registration, .. } = self.ports.store.at_address(realm, user.index).await?;
        let drop =
            |subject: &UserId| ChallengeOp::Drop { realm: realm.clone(), subject: subject.clone(), purpose: None };
        let mut batch = batch![
            UserOp::Delete { realm: realm.clone(), id: user.id.clone(), revision: user.revision },
            self.end_sessions(&user.id, None),
            drop(&user.id),
            RecordOp::DeleteOf { realm: realm.clone(), owner: user.id.clone(), kind: None },
        ];
        if let Some(beside) = registration {
            batch.push(drop(&beside.id).into());
            batch.push(RegistrationOp::Delete { realm: beside.realm, id: beside.id }.into());
        }
        Ok(batch)
    }
}
