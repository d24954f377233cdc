//! SMS as a second factor: sends and redeems its codes.

use std::time::Duration;

use super::{Scope, UsedFactor};
use crate::{
    account::{User, phone::PhoneNumber},
    audit::Event,
    batch,
    error::Result,
    factor::{Held, Method, SmsFactor},
    limit::LimitKind,
    link::{Challenge, Code, Purpose, TypedCode},
    message::{MessageKind, Recipient, outbox::OutboxRow},
    port::{Batch, ChallengeOp, CommitError, Precondition},
    seal::DataKey,
    session::Amr,
};

/// Minimum remaining lifetime of a code. Below that it is replaced, because its message could arrive too late.
const TOO_SHORT: Duration = Duration::from_secs(30);

impl Scope<'_> {
    /// Sends a code to the account's phone number. The same code is sent again until it is used or expires. Returns
    /// its remaining lifetime. If a limit of the account, number, country or budget is reached, nothing is sent, and
    /// the result does not reveal this. Returns `None` if the factor changed in the meantime.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails, and `Internal` if data cannot be decrypted or serialized.
    pub(in crate::service) async fn send_factor_code(
        &self,
        (user, key): (&User, &DataKey),
        held: &Held<SmsFactor>,
    ) -> Result<Option<Duration>> {
        let (ctx, realm) = (self.ctx, &self.realm.name);
        let Some(phone) = user.envelope.open_profile(key)?.phone else { return Ok(None) };
        let mut with = Batch::new();
        let sent = self.sent_code(user, &held.noun).await?;
        let challenge = match sent.filter(|sent| sent.expires_at.since(ctx.now) > TOO_SHORT) {
            Some(sent) => sent,
            None => {
                let ttl = self.realm.policy.otp_ttl;
                let new = Challenge::beginning(ctx, realm, Purpose::FactorCode, &user.id, ttl);
                let noun = SmsFactor { code: Some(new.id), ..held.noun.clone() };
                let drop = ChallengeOp::Drop {
                    realm: realm.clone(),
                    subject: user.id.clone(),
                    purpose: Some(Purpose::FactorCode),
                };
                with = batch![held.replace(ctx, key, &noun), drop, ChallengeOp::Insert(new.clone())];
                new
            }
        };
        let left = challenge.expires_at.since(ctx.now);
        Ok(self.commit_factor_code(user, &phone, &challenge, with).await?.then_some(left))
    }

    /// Commits a code and its message, unless a limit is reached or the country is not allowed. Returns `false` if
    /// the factor changed in the meantime.
    async fn commit_factor_code(
        &self,
        user: &User,
        phone: &PhoneNumber,
        code: &Challenge,
        with: Batch,
    ) -> Result<bool> {
        let country = phone.country().unwrap_or_default();
        if !self.may_send_to(phone) {
            self.show_withheld(MessageKind::PhoneCode, phone.as_str(), "SMS_COUNTRIES");
            let audit = self.refused(self.audit(Event::LimitReached).user(user).reason("sms_countries"));
            self.commit(audit.into_iter().collect()).await?;
            return Ok(true);
        }
        let (reached, event) = if self.is_stopped(country).await? {
            (LimitKind::SmsCountry, Event::SmsStopped)
        } else {
            let quotas = [self.factor_code_quotas(&user.id, phone), self.sms_budgets(country)].concat();
            let message = self.message(MessageKind::PhoneCode, &Recipient::plain(phone.as_str()), Some(code.id))?;
            let message = OutboxRow { give_up_at: code.expires_at, ..message };
            let sending = [with, batch![message, self.audit(Event::CodeRequested).user(user)]].concat();
            match self.commit_within(quotas, sending).await {
                Ok(None) => return Ok(true),
                Ok(Some(reached)) => (reached, Event::LimitReached),
                Err(CommitError::Failed(Precondition::RecordRevision)) => return Ok(false),
                Err(error) => return Err(error.into()),
            }
        };
        self.show_withheld(MessageKind::PhoneCode, phone.as_str(), reached.setting());
        let audit = self.refused(self.audit(event).user(user).limit(reached));
        self.commit(audit.into_iter().collect()).await?;
        Ok(true)
    }

    /// Compares a code with the last one sent. Returns `None` if it differs, was used or has expired.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails, and `Internal` if data cannot be decrypted or serialized.
    pub(in crate::service) async fn use_sms_code(
        &self,
        (user, key): (&User, &DataKey),
        held: Option<&Held<SmsFactor>>,
        typed: &TypedCode,
    ) -> Result<Option<UsedFactor>> {
        let Some(held) = held else { return Ok(None) };
        let Some(phone) = user.envelope.open_profile(key)?.phone else { return Ok(None) };
        let Some(sent) = self.sent_code(user, &held.noun).await? else { return Ok(None) };
        if !Code::derive(&self.realm.keys, &sent, &phone).is(typed) {
            return Ok(None);
        }
        let used = SmsFactor { code: None, last_used_at: Some(self.ctx.now), ..held.noun.clone() };
        let with = batch![
            // The factor is replaced first, so that the slower of two requests with the same code evaluates the code
            // again.
            held.replace(self.ctx, key, &used),
            ChallengeOp::Spend { realm: sent.realm.clone(), id: sent.id, now: self.ctx.now },
            self.code_entered(phone.country().unwrap_or_default()),
        ];
        Ok(Some(UsedFactor { method: Method::Sms, amr: vec![Amr::Sms, Amr::Multi], passkey: None, with }))
    }

    /// Returns the challenge of the last code sent, if it can still be used.
    async fn sent_code(&self, user: &User, sms: &SmsFactor) -> Result<Option<Challenge>> {
        let Some(id) = sms.code else { return Ok(None) };
        let found = self.ports.store.challenge(&self.realm.name, id).await?;
        let is_code = |code: &Challenge| {
            code.purpose == Purpose::FactorCode && code.subject == user.id && code.is_valid(self.ctx.now)
        };
        Ok(found.filter(is_code))
    }
}
