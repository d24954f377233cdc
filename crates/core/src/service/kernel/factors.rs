//! Second factors of a user: reading them, and redeeming a code.

use super::Scope;
use crate::{
    account::User,
    audit::Event,
    batch,
    error::Result,
    factor::{FactorCode, Factors, Method, MfaPolicy, TrustedDevice},
    id::{FactorId, SessionId},
    link::Purpose,
    message::{MessageKind, Recipient},
    port::{Batch, ChallengeOp, Op, RecordOp},
    record::Record,
    seal::DataKey,
    session::Amr,
};

/// Correct code of a factor, with the operations that mark it as used.
pub(in crate::service) struct UsedFactor {
    pub(in crate::service) method: Method,
    pub(in crate::service) amr: Vec<Amr>,
    /// Passkey that was used.
    pub(in crate::service) passkey: Option<FactorId>,
    pub(in crate::service) with: Batch,
}

impl UsedFactor {
    fn of_code(method: Method, with: Batch) -> Self {
        Self { method, amr: vec![Amr::Otp, Amr::Multi], passkey: None, with }
    }
}

impl Scope<'_> {
    /// Returns whether an account with this two-step setting needs a second factor.
    pub(in crate::service) fn needs_two_steps(&self, switch: bool) -> bool {
        switch || self.realm.policy.mfa_policy == MfaPolicy::Required
    }

    /// Reads the second factors of a user, including those that the realm does not accept.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails, and `Internal` if one cannot be decrypted.
    pub(in crate::service) async fn factors_of(&self, user: &User, key: &DataKey) -> Result<Factors> {
        Factors::open(self.ports.store.records_of(&self.realm.name, &user.id, None).await?, key)
    }

    /// Reads the second factors of a user that the realm accepts.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails, and `Internal` if one cannot be decrypted.
    pub(in crate::service) async fn accepted_factors(&self, user: &User, key: &DataKey) -> Result<Factors> {
        let rp_id = self.relying_party().map(|party| party.id.as_str());
        let has_number = user.phone_verified_at.is_some() && !user.phone_disputed;
        Ok(self.factors_of(user, key).await?.accepted(&self.realm.policy.mfa_methods, rp_id, has_number))
    }

    /// Compares a code with these factors of a user. Returns `None` if it matches none or was already used.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails, and `Internal` if a mail cannot be serialized.
    pub(in crate::service) async fn use_code(
        &self,
        (user, key): (&User, &DataKey),
        factors: &Factors,
        code: &FactorCode,
    ) -> Result<Option<UsedFactor>> {
        if let Some(typed) = code.recovery_code() {
            return self.use_recovery_code((user, key), factors, &typed);
        }
        if let Some(typed) = code.sms(!factors.totp.is_empty()) {
            return self.use_sms_code((user, key), factors.sms.as_ref(), &typed).await;
        }
        if let Some(digits) = code.totp() {
            let mut used = factors.totp.iter().filter_map(|held| Some((held, held.noun.used(digits, self.ctx.now)?)));
            let with = used.next().map(|(held, noun)| batch![held.replace(self.ctx, key, &noun)]);
            return Ok(with.map(|with| UsedFactor::of_code(Method::Totp, with)));
        }
        Ok(None)
    }

    fn use_recovery_code(
        &self,
        (user, key): (&User, &DataKey),
        factors: &Factors,
        typed: &str,
    ) -> Result<Option<UsedFactor>> {
        let Some(held) = &factors.recovery else { return Ok(None) };
        let Some(rest) = held.noun.without(typed) else { return Ok(None) };
        let left = rest.left();
        let used = if left == 0 { held.delete() } else { held.replace(self.ctx, key, &rest) };
        let profile = user.envelope.open_profile(key)?;
        let recipient = Recipient::of(&profile).with("left", left.to_string());
        let mut with = batch![
            used,
            self.audit(Event::RecoveryUsed).user(user).detail("left", left),
            self.message(MessageKind::RecoveryCodeUsed, &recipient, None)?,
        ];
        with.push(self.distrust_devices(user));
        Ok(Some(UsedFactor::of_code(Method::RecoveryCode, with)))
    }

    /// Returns the operation that removes all trusted devices of a user.
    pub(in crate::service) fn distrust_devices(&self, user: &User) -> Op {
        let (realm, owner) = (self.realm.name.clone(), user.id.clone());
        RecordOp::DeleteOf { realm, owner, kind: Some(TrustedDevice::KIND) }.into()
    }

    /// Returns the operations that invalidate the open tickets, enrolments and SMS codes of a user.
    pub(in crate::service) fn drop_tickets(&self, user: &User) -> Batch {
        [Purpose::Ticket, Purpose::Enrolment, Purpose::FactorCode]
            .map(|purpose| {
                let (realm, subject) = (self.realm.name.clone(), user.id.clone());
                ChallengeOp::Drop { realm, subject, purpose: Some(purpose) }.into()
            })
            .into()
    }

    /// Returns the operations that revoke other sessions, trusted devices and tickets after the first factor was
    /// added or a factor was removed.
    pub(in crate::service) fn end_weaker(&self, user: &User, current: Option<SessionId>) -> Batch {
        let mut batch = self.drop_tickets(user);
        batch.extend([self.end_sessions(&user.id, current), self.distrust_devices(user)]);
        batch
    }
}
