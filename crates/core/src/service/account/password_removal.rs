//! `DELETE me/password`: makes an account passwordless.

use super::Accounts;
use crate::{
    account::User,
    audit::Event,
    batch,
    error::{
        Error, Result,
        catalogue::{AUTH_STALE_PASSKEY, LOGIN_LAST},
    },
    factor::{NewRecoveryCodes, passkey::PasskeyUse},
    message::{MessageKind, Recipient},
    port::{Batch, Op, Precondition, UserOp},
    service::{
        Owner,
        kernel::{ATTEMPTS, retry},
    },
    session::Amr,
};

impl Accounts<'_> {
    /// Removes the password of the caller, turns on two-step verification and ends all other sessions. Returns newly
    /// created recovery codes.
    ///
    /// # Errors
    /// Returns `NotFound` if passkeys are disabled, `Stale` unless the caller has used a passkey recently, `Conflict`
    /// unless the account has a passkey and either a second one or recovery codes, `BadToken` if the account was
    /// deleted in the meantime, and `Unavailable` if the store fails.
    pub async fn remove_password(&self, owner: &Owner) -> Result<Option<NewRecoveryCodes>> {
        self.require_relying_party()?;
        self.require_passkey_used(owner).await?;
        let work = |_| self.remove_password_once(owner);
        retry(ATTEMPTS, "the account kept changing while its password was removed", work).await
    }

    /// Requires that the session was recently authenticated with a passkey alone.
    ///
    /// # Errors
    /// Returns `Stale` otherwise, `BadToken` if the session ended, and `Unavailable` if the store fails.
    pub async fn require_passkey_used(&self, owner: &Owner) -> Result<()> {
        let session = self.ports.store.session(&self.realm.name, owner.session()).await?;
        let session = session.ok_or_else(|| Error::bad_token().because("session ended"))?;
        let max_age = self.realm.policy.fresh_auth_age;
        if self.ctx.now.since(session.auth_time) > max_age || !session.amr.contains(&Amr::User) {
            return Err(AUTH_STALE_PASSKEY.after(max_age).into());
        }
        Ok(())
    }

    async fn remove_password_once(&self, owner: &Owner) -> Result<Option<Option<NewRecoveryCodes>>> {
        let user = self.user_of(owner).await?;
        let key = user.envelope.key(&self.realm.keys, &user.id)?;
        if user.envelope.open_password(&key)?.is_none() {
            return Ok(Some(None));
        }
        let factors = self.factors_of(&user, &key).await?;
        let rp_id = self.relying_party().map(|party| party.id.as_str());
        let usable = factors.passkeys_for(PasskeyUse::Login).filter(|held| Some(held.noun.rp_id.as_str()) == rp_id);
        let has_codes = factors.recovery.as_ref().is_some_and(|held| held.noun.left() > 0);
        match usable.count() {
            0 => return Err(LOGIN_LAST.into()),
            1 if !has_codes => return Err(LOGIN_LAST.into()),
            _ => {}
        }
        let current = Some(owner.session().clone());
        let change = self.turned_on((&user, &key), &factors, current);
        let envelope = change.user.envelope.without_password(self.ctx, &key);
        let changed = User { envelope, password_set_at: self.ctx.now, compromised: false, ..change.user };
        let mut batch: Batch = vec![Op::from(UserOp::Update(changed.clone()))];
        batch.extend(change.with);
        batch.extend(self.drop_requests(&changed));
        let recipient = Recipient::of(&user.envelope.open_profile(&key)?);
        batch.extend(batch![
            self.audit(Event::PasswordRemoved).user(owner),
            self.message(MessageKind::PasswordRemoved, &recipient, None)?,
        ]);
        if !self.commit_unless(batch, &[Precondition::UserRevision, Precondition::RecordFree]).await? {
            return Ok(None);
        }
        tracing::info!(realm = %self.realm.name, user = %user.id, "password removed");
        Ok(Some(change.recovery_codes))
    }
}
