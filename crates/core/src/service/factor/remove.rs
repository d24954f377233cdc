//! `DELETE me/mfa/{id}`: removes a factor.

use super::SecondFactors;
use crate::{
    account::User,
    error::{
        Error, Result,
        catalogue::{LOGIN_LAST, MFA_REQUIRED_BY_POLICY},
    },
    factor::{Factors, MfaPolicy, passkey::PasskeyUse},
    message::MessageKind,
    port::{Op, Precondition, UserOp},
    seal::DataKey,
    service::{
        FreshOwner, Owner, RawField,
        kernel::{ATTEMPTS, AcceptedCredentials, retry},
    },
};

impl SecondFactors<'_> {
    /// Removes a factor of the caller. Removing the last one also removes the recovery codes. For a passkey or
    /// security key, returns the remaining ones.
    ///
    /// # Errors
    /// Returns `Stale` if the login is too old or too weak, `Forbidden` if the password is wrong, `NotFound` if the
    /// factor belongs to another user, `Conflict` if the realm requires a factor or this is the last way to log in,
    /// `Limited` if a rate limit is reached, and `Unavailable` if the store fails.
    pub async fn remove(&self, owner: &Owner, current: &RawField, id: &str) -> Result<Option<AcceptedCredentials>> {
        self.remove_of(owner, current, id, false).await
    }

    /// Removes a factor, optionally only if it is a passkey or security key.
    pub(super) async fn remove_of(
        &self,
        owner: &Owner,
        current: &RawField,
        id: &str,
        is_passkey: bool,
    ) -> Result<Option<AcceptedCredentials>> {
        let owner = self.fresh(owner, current).await?;
        let work = |_| self.remove_once(owner, id, is_passkey);
        retry(ATTEMPTS, "the account kept changing while a factor was removed", work).await
    }

    async fn remove_once(
        &self,
        owner: FreshOwner<'_>,
        id: &str,
        is_passkey: bool,
    ) -> Result<Option<Option<AcceptedCredentials>>> {
        let user = self.fresh_user(owner).await?;
        let key = user.envelope.key(&self.realm.keys, &user.id)?;
        let factors = self.factors_of(&user, &key).await?;
        let is_one = factors.passkeys.iter().any(|held| held.noun.id.as_str() == id);
        if is_passkey && !is_one {
            return Err(Error::not_found());
        }
        let removal = self.removal((&user, &key), &factors, id, Some(owner.session().clone())).await?;
        let removal = removal.ok_or_else(Error::not_found)?;
        self.require_removable((&user, &key), &factors, id).await?;
        let recipient = removal.recipient(&user.envelope.open_profile(&key)?);
        let mut change = removal.change;
        change.with.push(self.message(MessageKind::FactorRemoved, &recipient, None)?.into());
        let held: Op = UserOp::Update(change.user).into();
        let batch = std::iter::once(held).chain(change.with).collect();
        let lost = [Precondition::UserRevision, Precondition::RecordRevision, Precondition::SessionThere];
        if !self.commit_unless(batch, &lost).await? {
            return Ok(None);
        }
        tracing::info!(realm = %self.realm.name, user = %user.id, "second factor removed");
        let left = factors.passkeys.into_iter().map(|held| held.noun).filter(|passkey| passkey.id.as_str() != id);
        let accepted = self.relying_party().map(|party| self.accepted_credentials(party, &user, left));
        Ok(Some(accepted.filter(|_| is_one)))
    }

    /// Requires that a factor is neither the last way to log in nor the last required factor.
    async fn require_removable(&self, (user, key): (&User, &DataKey), factors: &Factors, id: &str) -> Result<()> {
        let has_password = user.envelope.open_password(key)?.is_some();
        // A factor of a kind that the realm does not accept cannot be used to log in.
        let accepted = self.accepted_factors(user, key).await?;
        let keeps_passkey = accepted.passkeys_for(PasskeyUse::Login).any(|held| held.noun.id.as_str() != id);
        let keeps_way = has_password || keeps_passkey || self.has_usable_identity((user, key), None).await?;
        if !keeps_way {
            return Err(LOGIN_LAST.into());
        }
        if factors.count() == 1 && (self.realm.policy.mfa_policy == MfaPolicy::Required || !has_password) {
            return Err(MFA_REQUIRED_BY_POLICY.into());
        }
        Ok(())
    }
}
