//! `PATCH me/mfa`: turns two-step verification on or off.

use super::SecondFactors;
use crate::{
    account::User,
    audit::Event,
    batch,
    error::{
        Result,
        catalogue::{FIELD_MISSING, FIELD_NOT_BOOLEAN, MFA_NO_FACTOR, MFA_REQUIRED_BY_POLICY},
    },
    factor::{MfaPolicy, NewRecoveryCodes},
    message::{MessageKind, Recipient},
    port::{Batch, Op, Precondition, UserOp},
    service::{
        FieldErrors, FreshOwner, Owner, RawField,
        kernel::{ATTEMPTS, retry},
    },
};

/// State of two-step verification after a change.
#[derive(Debug)]
pub struct Switched {
    pub two_step: bool,
    /// Newly created recovery codes.
    pub recovery_codes: Option<NewRecoveryCodes>,
}

impl SecondFactors<'_> {
    /// Turns two-step verification on or off.
    ///
    /// # Errors
    /// Returns `Stale` if the login is too old or too weak, `Forbidden` if the password is wrong, `Invalid` if the
    /// value is not a boolean, `Conflict` if the account has no factor or the realm requires one, `Limited` if a rate
    /// limit is reached, and `Unavailable` if the store fails.
    pub async fn switch(&self, owner: &Owner, current: &RawField, two_step: &RawField) -> Result<Switched> {
        let owner = self.fresh(owner, current).await?;
        let mut errors = FieldErrors::default();
        let on = match two_step {
            RawField::Json(json) => json.0.as_bool(),
            _ => None,
        };
        if on.is_none() {
            let missing = matches!(two_step, RawField::Missing);
            errors.add(if missing { FIELD_MISSING } else { FIELD_NOT_BOOLEAN }.of("two_step"));
        }
        let on = errors.finish(on)?;
        retry(ATTEMPTS, "the account kept changing while two-step was switched", |_| self.switch_once(owner, on)).await
    }

    async fn switch_once(&self, owner: FreshOwner<'_>, on: bool) -> Result<Option<Switched>> {
        let user = self.fresh_user(owner).await?;
        let key = user.envelope.key(&self.realm.keys, &user.id)?;
        let factors = self.factors_of(&user, &key).await?;
        if on && factors.count() == 0 {
            return Err(MFA_NO_FACTOR.into());
        }
        let has_password = user.envelope.open_password(&key)?.is_some();
        if !on && (self.realm.policy.mfa_policy == MfaPolicy::Required || !has_password) {
            return Err(MFA_REQUIRED_BY_POLICY.into());
        }
        if on == self.needs_two_steps(user.two_step) {
            return Ok(Some(Switched { two_step: on, recovery_codes: None }));
        }
        let word = if on { "on" } else { "off" };
        let recipient = Recipient::of(&user.envelope.open_profile(&key)?).with("switch", word);
        let (changed, recovery_codes, mut with) = if on {
            let change = self.turned_on((&user, &key), &factors, Some(owner.session().clone()));
            (change.user, change.recovery_codes, change.with)
        } else {
            (User { two_step: false, revision: user.revision + 1, ..user.clone() }, None, Batch::new())
        };
        with.extend(batch![
            self.audit(Event::TwoStepChanged).user(&*owner).detail("two_step", on),
            self.message(MessageKind::TwoStepChanged, &recipient, None)?,
        ]);
        let held: Op = UserOp::Update(changed).into();
        let batch = std::iter::once(held).chain(with).collect();
        let lost = [Precondition::UserRevision, Precondition::RecordFree];
        if !self.commit_unless(batch, &lost).await? {
            return Ok(None);
        }
        tracing::info!(realm = %self.realm.name, user = %user.id, on, "two-step changed");
        Ok(Some(Switched { two_step: on, recovery_codes }))
    }
}
