//! Verification of a signed-in user's current password, which replaces a recent login for one request.

use super::{FieldErrors, FreshOwner, Owner, RawField, Scope};
use crate::{
    account::{
        Account, User,
        password::{Password, PasswordHash},
    },
    audit::Event,
    error::{
        Error, Result,
        catalogue::{AUTH_STALE_TWO_FACTORS, PASSWORD_WRONG},
    },
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
    /// Requires a recent login. If two-step verification is off, the current password is accepted instead.
    ///
    /// # Errors
    /// Returns `Stale` if the login is too old, `Forbidden` if the password is wrong, `Limited` if a rate limit is
    /// reached, `Overloaded` if the hash queue is full, and `Unavailable` if the store fails.
    pub(in crate::service) async fn fresh<'o>(&self, owner: &'o Owner, current: &RawField) -> Result<FreshOwner<'o>> {
        if matches!(current, RawField::Missing) || owner.needs_two_factors() {
            return owner.fresh(self.ctx.now, self.realm.policy.fresh_auth_age);
        }
        self.verify_current_password(owner, current).await?;
        Ok(owner.reauthenticated())
    }

    /// Verifies the current password of the owner. A wrong password is counted like a failed login.
    ///
    /// # Errors
    /// Returns `Invalid` if the password is missing, `Forbidden` if it is wrong, `Limited` if a rate limit is
    /// reached, `Overloaded` if the hash queue is full, and `Unavailable` if the store fails.
    pub(in crate::service) async fn verify_current_password(
        &self,
        owner: &Owner,
        current: &RawField,
    ) -> Result<Reauthenticated> {
        let mut errors = FieldErrors::default();
        let current = errors.text("current_password", current);
        let current = errors.finish(current)?;
        let user = self.user_of(owner).await?;
        let key = user.envelope.key(&self.realm.keys, &user.id)?;
        let hash = self.verify_password_of((&user, &key), current).await?.ok_or(PASSWORD_WRONG)?;
        Ok(Reauthenticated { user, key, hash })
    }

    /// Verifies the password of a user who has a session or a ticket. Returns `None` if it is wrong, which is counted
    /// like a failed login.
    ///
    /// # Errors
    /// Returns `Limited` if a rate limit is reached, `Overloaded` if the hash queue is full, and `Unavailable` if the
    /// store fails.
    pub(in crate::service) async fn verify_password_of(
        &self,
        (user, key): (&User, &DataKey),
        typed: &str,
    ) -> Result<Option<PasswordHash>> {
        let client = self.charge_client(LimitKind::Passwords, self.settings.limits.passwords_client).await?;
        let attempt = match self.begin_attempt(client, user.index, None).await {
            Ok(attempt) => attempt,
            Err(refused) => {
                self.note_limit_of(user).await?;
                return Err(refused);
            }
        };
        let verified = async {
            let permit = self.hash_permit()?;
            let hash = user.envelope.open_password(key)?;
            let Ok(password) = Password::parse(typed) else { return Ok(None) };
            let is_right = self.matches(&permit, &password, hash.as_ref()).await?;
            Ok(hash.filter(|_| is_right))
        };
        let verified = verified.await;
        if matches!(verified, Ok(None)) {
            let audit = self.refused(self.audit(Event::PasswordRefused).user(user));
            self.commit(attempt.failed(self.ctx).into_iter().chain(audit).collect()).await?;
        } else {
            self.refund_attempt(attempt).await;
        }
        verified
    }

    /// Reads the user of an owner with a recent login from the store. Checks the number of factors again, because
    /// two-step verification may have been turned on since the authority was created.
    ///
    /// # Errors
    /// Returns `BadToken` if the account was deleted in the meantime, `Stale` if the login is too old, and
    /// `Unavailable` if the store fails.
    pub(in crate::service) async fn fresh_user(&self, owner: FreshOwner<'_>) -> Result<User> {
        let user = self.user_of(&owner).await?;
        self.require_strength(&user, &owner)?;
        Ok(user)
    }

    /// Requires that the owner's authentication is strong enough for the current state of the account. Two-step
    /// verification may have been turned on since the authority was created.
    ///
    /// # Errors
    /// Returns `Stale` if the authentication is too weak.
    pub(in crate::service) fn require_strength(&self, user: &User, owner: &Owner) -> Result<()> {
        if self.needs_two_steps(user.two_step) && !owner.needs_two_factors() {
            return Err(AUTH_STALE_TWO_FACTORS.after(self.realm.policy.fresh_auth_age).into());
        }
        Ok(())
    }

    /// Reads the user of an owner from the store.
    ///
    /// # Errors
    /// Returns `BadToken` if the account was deleted in the meantime, and `Unavailable` if the store fails.
    pub(in crate::service) async fn user_of(&self, owner: &Owner) -> Result<User> {
        self.user_of_account(owner.account()).await
    }

    /// Reads the user of an account from the store.
    ///
    /// # Errors
    /// Returns `BadToken` if the account was deleted in the meantime, and `Unavailable` if the store fails.
    pub(in crate::service) async fn user_of_account(&self, account: &Account) -> Result<User> {
        let user = self.ports.store.user(&self.realm.name, &account.id).await?;
        user.ok_or_else(|| Error::bad_token().because("the user does not exist"))
    }
}
