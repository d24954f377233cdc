//! `me/phone`: changes or removes the caller's phone number.

use super::Accounts;
use crate::{
    account::{PendingPhone, Profile, User, phone::PhoneNumber},
    audit::Event,
    batch,
    error::{
        Error, Result,
        catalogue::{FIELD_MISSING, OTP_INVALID, OTP_WRONG},
    },
    limit::LimitKind,
    link::{Challenge, Code, LinkToken, Purpose, TypedCode},
    message::{MessageKind, Recipient},
    port::{Batch, ChallengeOp, CommitError, Precondition, RecordOp, UserOp},
    realm::SignupField,
    record::{Record, RecordKeys},
    service::{
        FieldErrors, FreshOwner, Owner, RawField,
        kernel::{ATTEMPTS, retry},
    },
};

impl Accounts<'_> {
    /// Sends a code to a new number of the caller, replacing an earlier request. Returns the handle.
    ///
    /// # Errors
    /// Stale, if the login is too old; forbidden, if the password is wrong; invalid, if the number is malformed; limited; bad
    /// token, if the account was deleted in the meantime; unavailable, including when no SMS provider is configured.
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
            // The account must exist, because the record would outlive it otherwise.
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

    /// Changes the number of the code's user, if the code is right.
    ///
    /// # Errors
    /// Bad link, if the code is wrong or the handle is invalid; unavailable.
    pub(super) async fn change_phone(&self, challenge: &Challenge, code: &TypedCode) -> Result<()> {
        let change = |_| self.change_phone_once(challenge, code);
        retry(ATTEMPTS, "the account kept changing during a change of the phone number", change).await
    }

    async fn change_phone_once(&self, challenge: &Challenge, code: &TypedCode) -> Result<Option<()>> {
        let (store, realm) = (&self.ports.store, &self.realm.name);
        let user = store.user(realm, &challenge.subject).await?.ok_or(OTP_WRONG)?;
        let key = user.envelope.key(&self.realm.keys, &user.id)?;
        let row = store.record(realm, PendingPhone::KIND, user.id.as_str()).await?.ok_or(OTP_INVALID)?;
        let pending = PendingPhone::open(&row, RecordKeys::Owner(&key)).map_err(Error::internal)?;
        if pending.challenge != challenge.id {
            return Err(OTP_INVALID.into());
        }
        if !Code::derive(&self.realm.keys, challenge, &pending.phone).is(code) {
            tracing::info!(realm = %realm, "code rejected");
            return Err(OTP_WRONG.into());
        }
        let country = pending.phone.country().unwrap_or_default();
        let mut batch = batch![
            ChallengeOp::Spend { realm: realm.clone(), id: challenge.id, now: self.ctx.now },
            self.code_entered(country),
        ];
        let profile = Profile { phone: Some(pending.phone), ..user.envelope.open_profile(&key)? };
        let verified_at = Some(self.ctx.now);
        let changed = User {
            envelope: user.envelope.with_profile(self.ctx, &key, &profile)?,
            phone_verified_at: verified_at,
            ..user
        };
        batch.extend(self.phone_batch(changed, &profile, MessageKind::PhoneChanged, Event::PhoneChanged)?);
        self.commit_phone(batch, challenge).await
    }

    async fn commit_phone(&self, batch: Batch, challenge: &Challenge) -> Result<Option<()>> {
        match self.commit(batch).await {
            Ok(()) => {
                tracing::info!(realm = %self.realm.name, user = %challenge.subject, "phone number changed");
                Ok(Some(()))
            }
            Err(CommitError::Failed(Precondition::UserRevision)) => Ok(None),
            Err(CommitError::Failed(_)) => Err(OTP_INVALID.into()),
            Err(error) => Err(error.into()),
        }
    }

    /// Returns the operations that set another number, or none, and notify the owner.
    fn phone_batch(&self, user: User, profile: &Profile, kind: MessageKind, event: Event) -> Result<Batch> {
        let mut batch = batch![
            self.drop_pending_phone(&user),
            self.audit(event).user(&user),
            self.message(kind, &Recipient::of(profile), None)?,
        ];
        batch.extend(self.drop_challenges(&user, &[Purpose::Phone]));
        batch.push(UserOp::Update(User { phone_disputed: false, revision: user.revision + 1, ..user }).into());
        Ok(batch)
    }

    /// Removes the caller's number.
    ///
    /// # Errors
    /// Stale, if the login is too old; forbidden, if the password is wrong; not found, if there is no number; invalid, if
    /// registrations require one; limited; bad token, if the account was deleted in the meantime; unavailable.
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
        let changed = User { envelope, phone_verified_at: None, ..user };
        batch.extend(self.phone_batch(changed, &profile, MessageKind::PhoneRemoved, Event::PhoneRemoved)?);
        let is_done = self.commit_unless(batch, &[Precondition::UserRevision]).await?;
        Ok(is_done.then_some(()))
    }
}
