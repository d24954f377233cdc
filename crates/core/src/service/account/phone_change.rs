//! `me/phone`: changes or removes the caller's phone number.

use super::Accounts;
use crate::{
    account::{PendingPhone, Profile, User, phone::PhoneNumber},
    audit::Event,
    batch,
    error::{
        Error, Result,
        catalogue::{FIELD_MISSING, MFA_REQUIRED_BY_POLICY, OTP_INVALID, OTP_WRONG},
    },
    factor::MfaPolicy,
    id::SessionId,
    limit::LimitKind,
    link::{Challenge, Code, LinkToken, Purpose, TypedCode},
    message::{MessageKind, Recipient},
    port::{Batch, ChallengeOp, CommitError, Precondition, RecordOp, UserOp},
    realm::SignupField,
    record::{Record, RecordKeys},
    seal::DataKey,
    service::{
        FieldErrors, FreshOwner, Owner, RawField,
        kernel::{ATTEMPTS, FactorChange, retry},
    },
};

impl Accounts<'_> {
    /// Sends a code to a new phone number of the caller and replaces an earlier request. Returns the handle.
    ///
    /// # Errors
    /// Returns `Stale` if the login is too old, `Forbidden` if the password is wrong, `Invalid` if the number is
    /// malformed, `Limited` if a rate limit is reached, `BadToken` if the account was deleted in the meantime, and
    /// `Unavailable` if the store fails or no SMS provider is configured.
    pub async fn request_phone_change(&self, owner: &Owner, phone: &RawField, current: &RawField) -> Result<LinkToken> {
        let owner = self.fresh(owner, current).await?;
        let mut errors = FieldErrors::default();
        let phone = errors.phone("phone", phone);
        let phone = errors.finish(phone)?;
        self.require_sms()?;
        let send = |_| self.send_change_code(owner, &phone);
        let work = retry(ATTEMPTS, "the account kept changing during a request for another number", send);
        self.ask(LimitKind::Codes, self.settings.limits.codes_client, work).await
    }

    /// Sends the code; `None` if the account has changed in the meantime.
    async fn send_change_code(&self, owner: FreshOwner<'_>, phone: &PhoneNumber) -> Result<Option<LinkToken>> {
        let user = self.fresh_user(owner).await?;
        let key = user.envelope.key(&self.realm.keys, &user.id)?;
        let decoy = self.realm.keys.decoy_id(&["phone_change", user.id.as_str(), phone.as_str()]);
        let recipient = Some(&user).filter(|_| self.may_send_to(phone));
        let mut draft = self.draft_code(recipient, &decoy, phone, Purpose::PhoneChange).await?;
        let pending = PendingPhone {
            user: user.id.clone(),
            phone: phone.clone(),
            challenge: draft.challenge.id,
            expires_at: draft.challenge.expires_at,
        };
        draft.with = batch![
            self.drop_pending_phone(&user),
            RecordOp::Insert(pending.seal(self.ctx, &self.realm.name, RecordKeys::Owner(&key))),
            // The account must exist, because the record would otherwise outlive it.
            UserOp::Require { realm: user.realm.clone(), id: user.id.clone(), revision: user.revision },
        ];
        match self.hand_out(draft).await {
            Ok(handle) => Ok(Some(handle)),
            Err(CommitError::Failed(Precondition::UserRevision)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn drop_pending_phone(&self, user: &User) -> RecordOp {
        RecordOp::DeleteOf { realm: self.realm.name.clone(), owner: user.id.clone(), kind: Some(PendingPhone::KIND) }
    }

    /// Changes the phone number of the code's user if the code is correct.
    ///
    /// # Errors
    /// Returns `BadLink` if the code is wrong or the handle is invalid, and `Unavailable` if the store fails.
    pub(super) async fn change_phone(&self, challenge: &Challenge, code: &TypedCode) -> Result<()> {
        let change = |_| self.change_phone_once(challenge, code);
        retry(ATTEMPTS, "the account kept changing during a change of the phone number", change).await
    }

    async fn change_phone_once(&self, challenge: &Challenge, code: &TypedCode) -> Result<Option<()>> {
        let (store, realm) = (&self.ports.store, &self.realm.name);
        let user = store.user(realm, &challenge.subject).await?;
        // Also read for a decoy, so that the work is the same.
        let row = store.record(realm, PendingPhone::KIND, challenge.subject.as_str()).await?;
        let user = user.ok_or(OTP_WRONG)?;
        let key = user.envelope.key(&self.realm.keys, &user.id)?;
        let row = row.ok_or(OTP_INVALID)?;
        let pending = PendingPhone::open(&row, RecordKeys::Owner(&key)).map_err(Error::internal)?;
        if pending.challenge != challenge.id {
            return Err(OTP_INVALID.into());
        }
        if !Code::derive(&self.realm.keys, challenge, &pending.phone).is(code) {
            tracing::info!(realm = %realm, "code rejected");
            return Err(OTP_WRONG.into());
        }
        let claim = self.claim_phone((&user, &key), &pending.phone).await?.ok_or(OTP_INVALID)?;
        let country = pending.phone.country().unwrap_or_default();
        let mut batch = batch![
            ChallengeOp::Spend { realm: realm.clone(), id: challenge.id, now: self.ctx.now },
            self.code_entered(country),
        ];
        batch.extend(claim);
        let before = user.envelope.open_profile(&key)?;
        let is_first = before.phone.is_none();
        let profile = Profile { phone: Some(pending.phone), ..before };
        let verified_at = Some(self.ctx.now);
        let changed = User {
            envelope: user.envelope.with_profile(self.ctx, &key, &profile)?,
            phone_verified_at: verified_at,
            ..user
        };
        let recipient = Recipient::of(&profile);
        let recipient = if is_first { recipient.with("first", "true") } else { recipient };
        batch.extend(self.phone_batch(changed, &recipient, MessageKind::PhoneChanged, Event::PhoneChanged)?);
        self.commit_phone(batch, challenge).await
    }

    async fn commit_phone(&self, batch: Batch, challenge: &Challenge) -> Result<Option<()>> {
        match self.commit(batch).await {
            Ok(()) => {
                tracing::info!(realm = %self.realm.name, user = %challenge.subject, "phone number changed");
                Ok(Some(()))
            }
            Err(CommitError::Failed(Precondition::UserRevision | Precondition::RecordFree)) => Ok(None),
            Err(CommitError::Failed(_)) => Err(OTP_INVALID.into()),
            Err(error) => Err(error.into()),
        }
    }

    /// Returns the operations that set or remove the phone number and notify the owner.
    fn phone_batch(&self, user: User, recipient: &Recipient, kind: MessageKind, event: Event) -> Result<Batch> {
        let mut batch = batch![
            self.drop_pending_phone(&user),
            self.audit(event).user(&user),
            self.message(kind, recipient, None)?,
        ];
        batch.extend(self.drop_challenges(&user, &[Purpose::Phone, Purpose::FactorCode]));
        batch.push(UserOp::Update(User { phone_disputed: false, revision: user.revision + 1, ..user }).into());
        Ok(batch)
    }

    /// Removes the caller's phone number.
    ///
    /// # Errors
    /// Returns `Stale` if the login is too old, `Forbidden` if the password is wrong, `NotFound` if there is no
    /// number, `Invalid` if sign-up requires one, `Conflict` if it is the last factor and the realm requires one,
    /// `Limited` if a rate limit is reached, `BadToken` if the account was deleted in the meantime, and `Unavailable`
    /// if the store fails.
    pub async fn remove_phone(&self, owner: &Owner, current: &RawField) -> Result<()> {
        let owner = self.fresh(owner, current).await?;
        retry(ATTEMPTS, "the account kept changing while its phone number was removed", |_| {
            self.remove_phone_once(owner)
        })
        .await
    }

    async fn remove_phone_once(&self, owner: FreshOwner<'_>) -> Result<Option<()>> {
        let user = self.fresh_user(owner).await?;
        let key = user.envelope.key(&self.realm.keys, &user.id)?;
        let before = user.envelope.open_profile(&key)?;
        if before.phone.is_none() {
            return Err(Error::not_found());
        }
        if self.realm.policy.signup_required.contains(&SignupField::Phone) {
            let mut errors = FieldErrors::default();
            errors.add(FIELD_MISSING.of("phone"));
            return Err(errors.into_error());
        }
        let profile = Profile { phone: None, ..before };
        let envelope = user.envelope.with_profile(self.ctx, &key, &profile)?;
        let mut batch = self.drop_challenges(&user, &[Purpose::PhoneChange]);
        batch.push(self.release_phone(&user).into());
        let (two_step, without_sms) = self.without_sms((&user, &key), &profile, owner.session()).await?;
        batch.extend(without_sms);
        let changed = User { envelope, phone_verified_at: None, two_step, ..user };
        let recipient = Recipient::of(&profile);
        batch.extend(self.phone_batch(changed, &recipient, MessageKind::PhoneRemoved, Event::PhoneRemoved)?);
        let is_done = self.commit_unless(batch, &[Precondition::UserRevision, Precondition::RecordRevision]).await?;
        Ok(is_done.then_some(()))
    }

    /// Returns whether two-step verification remains on without SMS, and the operations that remove SMS. The rules
    /// for removing a factor apply.
    async fn without_sms(
        &self,
        (user, key): (&User, &DataKey),
        profile: &Profile,
        current: &SessionId,
    ) -> Result<(bool, Batch)> {
        let factors = self.factors_of(user, key).await?;
        let Some(sms) = &factors.sms else { return Ok((user.two_step, Batch::new())) };
        let removal = self.removal((user, key), &factors, sms.noun.id.as_str(), Some(current.clone())).await?;
        let removal = removal.ok_or_else(Error::not_found)?;
        let has_password = user.envelope.open_password(key)?.is_some();
        if removal.is_last && (self.realm.policy.mfa_policy == MfaPolicy::Required || !has_password) {
            return Err(MFA_REQUIRED_BY_POLICY.into());
        }
        let mail = self.message(MessageKind::FactorRemoved, &removal.recipient(profile), None)?;
        let FactorChange { user, mut with, .. } = removal.change;
        with.push(mail.into());
        Ok((user.two_step, with))
    }
}
