//! The current password of a signed-in user, which counts as a recent login for one request.

use super::{FieldErrors, FreshOwner, Owner, RawField, Scope};
use crate::{
    account::{
        Account, User,
        password::{Password, PasswordHash},
    },
    audit::Event,
    error::{Error, Result, catalogue::PASSWORD_WRONG},
    limit::LimitKind,
    seal::DataKey,
};

/// User whose current password was verified for this request.
pub(in crate::service) struct Reauthenticated {
    pub(in crate::service) user: User,
    pub(in crate::service) key: DataKey,
    pub(in crate::service) hash: PasswordHash,
}

impl Scope<'_> {
    /// Requires a recent login or, if one is given and two-step is off, the current password.
    ///
    /// # Errors
    /// Stale; forbidden, for a wrong password; limited; overloaded; unavailable.
    pub(in crate::service) async fn fresh<'o>(&self, owner: &'o Owner, current: &RawField) -> Result<FreshOwner<'o>> {
        if matches!(current, RawField::Missing) || owner.needs_two_factors() {
            return owner.fresh(self.ctx.now, self.realm.policy.fresh_auth_age);
        }
        self.verify_current_password(owner, current).await?;
        Ok(owner.reauthenticated())
    }

    /// Verifies the current password of the owner. A wrong one counts like one at a login.
    ///
    /// # Errors
    /// Invalid, if it is missing; forbidden, if it is wrong; limited; overloaded; unavailable.
    pub(in crate::service) async fn verify_current_password(
        &self,
        owner: &Owner,
        current: &RawField,
    ) -> Result<Reauthenticated> {
        let mut errors = FieldErrors::default();
        let current = errors.text("current_password", current);
        let current = errors.finish(current)?;
        let client = self.charge_client(LimitKind::Passwords, self.settings.limits.passwords_client).await?;
        let index = owner.account().profile.email.blind_index(&self.realm.keys);
        let attempt = self.begin_attempt(client, index, None).await?;
        match self.open_with(owner, current).await {
            Ok(Some(found)) => {
                self.refund_attempt(attempt).await;
                Ok(found)
            }
            Ok(None) => {
                let audit = self.refused(self.audit(Event::PasswordRefused).user(owner));
                self.commit(attempt.failed(self.ctx).into_iter().chain(audit).collect()).await?;
                Err(PASSWORD_WRONG.into())
            }
            Err(error) => {
                self.refund_attempt(attempt).await;
                Err(error)
            }
        }
    }

    /// Returns the user of the owner, if this is the password.
    async fn open_with(&self, owner: &Owner, current: &str) -> Result<Option<Reauthenticated>> {
        let permit = self.hash_permit()?;
        let user = self.user_of(owner).await?;
        let key = user.envelope.key(&self.realm.keys, &user.id)?;
        let hash = user.envelope.open_password(&key)?;
        let Ok(password) = Password::parse(current) else { return Ok(None) };
        let is_right = self.matches(&permit, &password, Some(&hash)).await?;
        Ok(is_right.then_some(Reauthenticated { user, key, hash }))
    }

    /// Reads the user of an owner from the store.
    ///
    /// # Errors
    /// Bad token, if the account was deleted meanwhile; unavailable.
    pub(in crate::service) async fn user_of(&self, owner: &Owner) -> Result<User> {
        self.user_of_account(owner.account()).await
    }

    /// Reads the user of an account from the store.
    ///
    /// # Errors
    /// Bad token, if the account was deleted meanwhile; unavailable.
    pub(in crate::service) async fn user_of_account(&self, account: &Account) -> Result<User> {
        let user = self.ports.store.user(&self.realm.name, &account.id).await?;
        user.ok_or_else(|| Error::bad_token().because("the user does not exist"))
    }
}
