//! Limits of SMS, since each costs money: per account and number, per country, and in total.

use std::time::Duration;

use super::Scope;
use crate::{
    account::{User, phone::PhoneNumber},
    ctx::Ctx,
    error::Result,
    id::UserId,
    limit::{LimitKey, LimitKind, Mode, Quota},
    port::{Batch, LimitOp, Op},
};

/// Window within which sent and entered codes are compared.
const DAY: Duration = Duration::from_secs(24 * 3600);
/// Quota that counts uses but limits nothing.
const COUNT_ONLY: Quota = Quota { times: u32::MAX, per: DAY };

impl Scope<'_> {
    /// Returns the phone number of a user, and whether it is one: without a user, the number of a decoy is opened, and a user
    /// without a number has the same one, so that the work is the same.
    ///
    /// # Errors
    /// Internal, if the profile cannot be opened.
    pub(in crate::service) fn phone_or_decoy(&self, user: Option<&User>) -> Result<(PhoneNumber, bool)> {
        let (realm, keys) = (self.realm, &self.realm.keys);
        let profile = user.map_or_else(|| realm.decoy.open_profile(keys), |user| Ok(user.account(keys)?.profile))?;
        let is_theirs = user.is_some() && profile.phone.is_some();
        Ok((profile.phone.unwrap_or_else(PhoneNumber::decoy), is_theirs))
    }

    /// Returns the operations that count a code per account and number. A number without an owner, to which nothing is
    /// sent, has as many, so that the work is the same.
    pub(in crate::service) fn code_quotas(&self, subject: &UserId, phone: Option<&PhoneNumber>) -> Batch {
        let number = phone.map_or(subject.as_str(), PhoneNumber::as_str);
        let subjects = [("account", subject.as_str()), ("number", number)];
        let each = self.settings.limits.codes_account.iter().flat_map(|quota| {
            let per = quota.per.as_secs().to_be_bytes();
            subjects.map(|(label, of)| {
                let subject: [&[u8]; 3] = [label.as_bytes(), &per, of.as_bytes()];
                (LimitKey::in_realm(&self.realm.keys, LimitKind::Codes, &subject), *quota)
            })
        });
        each.map(|(key, quota)| LimitOp::Count { kind: LimitKind::Codes, key, quota, now: self.ctx.now }.into())
            .collect()
    }

    /// Returns the operations that count the cost of an SMS: for its country, and in total.
    pub(in crate::service) fn sms_budgets(&self, country: &str) -> Batch {
        let limits = &self.settings.limits;
        let budgets = [
            (LimitKind::SmsCountry, LimitKey::public(LimitKind::SmsCountry, country), limits.sms_country),
            (LimitKind::Sms, LimitKey::public(LimitKind::Sms, "all"), limits.sms),
        ];
        budgets.map(|(kind, key, quota)| LimitOp::Count { kind, key, quota, now: self.ctx.now }.into()).into()
    }

    /// Returns as many operations as [`sms_budgets`](Self::sms_budgets) for an SMS that is not sent, so that the work
    /// is the same.
    pub(in crate::service) fn decoy_budgets(&self, country: &str) -> Batch {
        // The names are part of keys in the store, so their spelling must not change.
        let names = [format!("nobody/{country}"), "nobody".to_owned()];
        let keys = names.map(|name| LimitKey::public(LimitKind::SmsCountry, &name));
        keys.map(|key| count_only(self.ctx, key)).into()
    }

    /// Returns whether codes to a country are stopped because too few are entered, which is a sign of SMS pumping.
    ///
    /// # Errors
    /// Unavailable, if the store does not answer.
    pub(in crate::service) async fn is_stopped(&self, country: &str) -> Result<bool> {
        let limits = &self.settings.limits;
        if limits.mode == Mode::Off {
            return Ok(false);
        }
        let store = &self.ports.store;
        let sent = store.window(sent_to(country)).await?.within(COUNT_ONLY, self.ctx.now);
        let entered = store.window(entered_from(country)).await?.within(COUNT_ONLY, self.ctx.now);
        let stop = limits.sms_stop;
        let is_too_few = u64::from(entered) * 100 < u64::from(sent) * u64::from(stop.percent);
        if sent < stop.after || !is_too_few {
            return Ok(false);
        }
        let is_enforced = limits.mode == Mode::Enforce;
        self.usage.add_reached(LimitKind::SmsCountry);
        tracing::warn!(country, sent, entered, enforced = is_enforced, "codes to country stopped");
        Ok(is_enforced)
    }

    /// Returns the operation that counts a sent code. Only codes that the provider has accepted count, since others
    /// cannot be entered.
    pub(in crate::service) fn code_sent(&self, country: &str) -> Op {
        count_only(self.ctx, sent_to(country))
    }

    /// Returns the operation that counts an entered code.
    pub(in crate::service) fn code_entered(&self, country: &str) -> Op {
        count_only(self.ctx, entered_from(country))
    }
}

fn count_only(ctx: &Ctx, key: LimitKey) -> Op {
    LimitOp::Count { kind: LimitKind::SmsCountry, key, quota: COUNT_ONLY, now: ctx.now }.into()
}

fn sent_to(country: &str) -> LimitKey {
    LimitKey::public(LimitKind::SmsCountry, &format!("sent/{country}"))
}

fn entered_from(country: &str) -> LimitKey {
    // The name is part of keys in the store, so its spelling must not change.
    LimitKey::public(LimitKind::SmsCountry, &format!("back/{country}"))
}
