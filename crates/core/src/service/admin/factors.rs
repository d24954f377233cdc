//! `DELETE …/users/{id}/factors/{fid}` and `POST …/users/{id}/verified`.

use super::{Administered, UserSheet, subject::Subject};
use crate::{
    account::User,
    account::password::PasswordHash,
    admin::{FreshVerb, Manage},
    audit::Event,
    batch,
    error::{
        Error, Result,
        catalogue::{REVISION_STALE, USER_STATUS},
    },
    message::MessageKind,
    port::{ChallengeOp, CommitError, Op, Precondition, RegistrationOp, UserOp},
    service::{Expected, FieldErrors, RawField},
};

impl Administered<'_, Manage> {
    /// Removes a second factor and notifies the user. Removing the last one turns off two-step verification.
    ///
    /// # Errors
    /// Returns `NotFound` if the user or factor does not exist, `Stale` if the login is too old or too weak,
    /// `Forbidden` if the API key lacks the action, `Invalid` if the reason is missing, `Conflict` for a registration
    /// or invitation, and `Unavailable` if the store fails.
    pub async fn remove_factor(&self, id: &str, factor: &str, reason: &RawField) -> Result<UserSheet> {
        let user = self.subject(id).await?.into_user()?;
        let key = user.envelope.key(&self.realm.keys, &user.id)?;
        let factors = self.factors_of(&user, &key).await?;
        let removal = self.removal((&user, &key), &factors, factor, None).await?.ok_or_else(Error::not_found)?;
        self.fresh(FreshVerb::RemoveFactor)?;
        let mut errors = FieldErrors::default();
        let reason = errors.reason(reason);
        let reason = errors.finish(reason)?;
        let recipient = removal.recipient(&user.envelope.open_profile(&key)?);
        let audit = self.audit(Event::FactorRemoved).user(&user).by(self.admin()).note(&reason);
        let audit = audit.detail("factor", factor).detail("type", removal.method.as_str());
        let change = removal.change;
        // Replaces the user's audit row with the administrator's.
        let mut with: Vec<Op> = change.with.into_iter().filter(|op| !matches!(op, Op::Audit(_))).collect();
        with.extend(batch![audit, self.message(MessageKind::FactorRemoved, &recipient, None)?]);
        self.change(change.user, with).await
    }

    /// Marks an address or phone number as verified. A registration becomes a user.
    ///
    /// # Errors
    /// Returns `NotFound` if the user does not exist, `Invalid` if the reason is missing or neither is named,
    /// `Outdated` if the revision differs, `Conflict` if it is already verified, and `Unavailable` if the store
    /// fails.
    pub async fn verified(
        &self,
        id: &str,
        expected: &Expected,
        (email, phone): (&RawField, &RawField),
        reason: &RawField,
    ) -> Result<UserSheet> {
        let subject = self.subject(id).await?;
        let mut errors = FieldErrors::default();
        let both = errors.flag("email", email).zip(errors.flag("phone", phone));
        let reason = errors.reason(reason);
        let ((email, phone), reason) = errors.finish(both.zip(reason))?;
        self.require_revision(&subject, expected)?;
        match subject {
            Subject::Unverified(registration) if email && !phone => self.activate(*registration, &reason).await,
            Subject::User(user) if phone && !email && user.phone_verified_at.is_none() => {
                let key = user.envelope.key(&self.realm.keys, &user.id)?;
                let phone = user.envelope.open_profile(&key)?.phone.ok_or(USER_STATUS)?;
                let claim = self.claim_phone((&user, &key), &phone).await?.ok_or(USER_STATUS)?;
                let audit = self.audit(Event::UserVerified).user(&*user).by(self.admin()).note(&reason);
                let revision = user.revision + 1;
                let changed = User { phone_verified_at: Some(self.ctx.now), phone_disputed: false, revision, ..*user };
                let mut with = batch![audit.detail("what", "phone")];
                with.extend(claim);
                self.change(changed, with).await
            }
            _ => Err(USER_STATUS.into()),
        }
    }

    /// Creates the user of a registration. If several passwords were submitted for it, none of them is kept.
    async fn activate(&self, registration: crate::account::Registration, reason: &str) -> Result<UserSheet> {
        let realm = &self.realm.name;
        let key = registration.envelope.key(&self.realm.keys, &registration.id)?;
        let is_contested = registration.contested;
        let mut user = registration.into_user();
        if is_contested {
            user.envelope = user.envelope.with_password(self.ctx, &key, &PasswordHash::none());
        }
        let audit = self.audit(Event::UserVerified).user(&user).by(self.admin()).note(reason);
        let batch = batch![
            RegistrationOp::Delete { realm: realm.clone(), id: user.id.clone() },
            ChallengeOp::Drop { realm: realm.clone(), subject: user.id.clone(), purpose: None },
            self.accounts().require_unreserved(user.index, &user.id),
            UserOp::Insert(user.clone()),
            audit.detail("what", "email"),
        ];
        match self.commit(batch).await {
            Ok(()) => self.sheet(&Subject::User(Box::new(user))).await,
            Err(CommitError::Failed(Precondition::UserFree | Precondition::RecordFree)) => Err(USER_STATUS.into()),
            Err(CommitError::Failed(_)) => Err(REVISION_STALE.into()),
            Err(error) => Err(error.into()),
        }
    }
}
