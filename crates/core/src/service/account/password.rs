//! `me/password`: changes the password of the caller.

use super::Accounts;
use crate::{
    account::{
        User,
        password::{Password, PasswordHash},
    },
    audit::Event,
    batch,
    error::{Result, catalogue::PASSWORD_UNCHANGED},
    message::{MessageKind, Recipient},
    port::{ChallengeOp, Precondition, UserOp},
    seal::DataKey,
    service::{
        FieldErrors, Owner, RawField,
        kernel::{HASHED_ATTEMPTS, Reauthenticated, retry},
    },
    session::device::{DeviceOwner, KnownDevice},
};

impl Accounts<'_> {
    /// Changes the password of the caller and ends all other sessions. An account without a password gets one.
    /// Returns a new value for the known device, because the previous password's value is no longer valid.
    ///
    /// # Errors
    /// Returns `Invalid` if the new password is missing, rejected or equal to the current one, `Forbidden` if the
    /// current password is wrong, `Limited` if a rate limit is reached, `Overloaded` if the hash queue is full, and
    /// `Unavailable` if the store fails.
    pub async fn change_password(&self, owner: &Owner, current: &RawField, new: &RawField) -> Result<String> {
        let mut errors = FieldErrors::default();
        let is_given = !owner.account().has_password || errors.text("current_password", current).is_some();
        let both = errors.text("new_password", new).filter(|_| is_given);
        errors.finish(both)?;
        // With two-step verification, the password alone is not sufficient.
        if owner.needs_two_factors() {
            owner.fresh(self.ctx.now, self.realm.policy.fresh_auth_age)?;
        }
        let change = |_| self.change_password_once(owner, current, new);
        let device_owner = retry(HASHED_ATTEMPTS, "the account kept changing during a password change", change).await?;
        Ok(KnownDevice::new(self.ctx).expose(self.ctx, &self.realm.keys, device_owner))
    }

    /// Returns the user and the hash of the current password, which is verified if there is one. Fails if two-step
    /// verification was turned on in the meantime.
    async fn with_current_password(
        &self,
        owner: &Owner,
        current: &RawField,
    ) -> Result<(User, DataKey, Option<PasswordHash>)> {
        let user = self.user_of(owner).await?;
        let key = user.envelope.key(&self.realm.keys, &user.id)?;
        if user.envelope.open_password(&key)?.is_none() {
            let owner = owner.fresh(self.ctx.now, self.realm.policy.fresh_auth_age)?;
            return Ok((self.fresh_user(owner).await?, key, None));
        }
        let Reauthenticated { user, key, hash } = self.verify_current_password(owner, current).await?;
        self.require_strength(&user, owner)?;
        Ok((user, key, Some(hash)))
    }

    /// Changes the password; `None` if the account changed in the meantime.
    async fn change_password_once(
        &self,
        owner: &Owner,
        current: &RawField,
        new: &RawField,
    ) -> Result<Option<DeviceOwner>> {
        let (user, key, hash) = self.with_current_password(owner, current).await?;
        let profile = user.envelope.open_profile(&key)?;
        let mut errors = FieldErrors::default();
        let password = errors.password("new_password", new, &self.realm.policy.password, &profile.guessable());
        let password: Password = errors.finish(password)?;
        let permit = self.hash_permit()?;
        if hash.is_some() && self.matches(&permit, &password, hash.as_ref()).await? {
            let mut errors = FieldErrors::default();
            errors.add(PASSWORD_UNCHANGED.of("new_password"));
            return Err(errors.into_error());
        }
        let hash = self.hash(&permit, &password).await?;
        let (realm, id) = (self.realm.name.clone(), user.id.clone());
        let envelope = user.envelope.with_password(self.ctx, &key, &hash);
        let (compromised, revision) = (false, user.revision + 1);
        let changed = User { envelope, password_set_at: self.ctx.now, compromised, revision, ..user };
        let undo = self.password_undo(&id);
        let dropped = self.drop_requests(&changed);
        let device_owner = DeviceOwner::from(&changed);
        let mut batch = batch![
            UserOp::Update(changed),
            self.end_sessions(&id, Some(owner.session().clone())),
            self.audit(Event::PasswordChanged).user(owner),
            self.message(MessageKind::PasswordChangedByUser, &Recipient::of(&profile), Some(undo.id))?,
            ChallengeOp::Insert(undo),
        ];
        batch.extend(dropped);
        if !self.commit_unless(batch, &[Precondition::UserRevision]).await? {
            return Ok(None);
        }
        tracing::info!(realm = %realm, user = %id, "password changed");
        Ok(Some(device_owner))
    }
}
