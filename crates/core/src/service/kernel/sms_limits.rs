//! SMS limits, because each SMS costs money. In each realm they apply per account and number, per country, and in
//! total.

use std::time::Duration;

use super::Scope;
use crate::{
    account::{User, phone::PhoneNumber},
    error::Result,
    id::UserId,
    limit::{LimitKey, LimitKind, Mode, Quota},
    port::{Batch, LimitOp, Op},
};

/// Time window for comparing sent and entered codes.
const DAY: Duration = Duration::from_secs(24 * 3600);
/// Quota that only counts.
const COUNT_ONLY: Quota = Quota { times: u32::MAX, per: DAY };
/// Minimum number of client networks with requests before a country is suspended.
const STOP_NETWORKS: usize = 5;
/// Labels in stored keys. Their spelling must not change.
const SENT: &str = "sent";
const ENTERED: &str = "entered";

impl Scope<'_> {
    /// Returns a user's phone number, and whether it is real. Without a user, the number of a decoy is opened, and a
    /// user without a number gets the same one, so that the work is the same.
    ///
    /// # Errors
    /// Returns `Internal` if the profile cannot be decrypted.
    pub(in crate::service) fn phone_or_decoy(&self, user: Option<&User>) -> Result<(PhoneNumber, bool)> {
        let (realm, keys) = (self.realm, &self.realm.keys);
        let profile = user.map_or_else(|| realm.decoy.open_profile(keys), |user| Ok(user.account(keys)?.profile))?;
        let is_theirs = user.is_some() && profile.phone.is_some();
        Ok((profile.phone.unwrap_or_else(PhoneNumber::decoy), is_theirs))
    }

    /// Returns the operations that count a code per account and number. For a number without an owner, which receives
    /// nothing, their number is the same, so that the work is the same.
    pub(in crate::service) fn code_quotas(&self, subject: &UserId, phone: Option<&PhoneNumber>) -> Batch {
        let number = phone.map_or(subject.as_str(), PhoneNumber::as_str);
        self.quotas_of([("account", subject.as_str()), ("number", number)])
    }

    /// Returns the operations that count a second-factor code. They are counted separately, so that codes requested
    /// by visitors do not prevent the owner from logging in.
    pub(in crate::service) fn factor_code_quotas(&self, user: &UserId, phone: &PhoneNumber) -> Batch {
        self.quotas_of([("factor account", user.as_str()), ("factor number", phone.as_str())])
    }

    fn quotas_of(&self, subjects: [(&str, &str); 2]) -> Batch {
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

    /// Returns the operations that count an SMS: its cost, per country and in total, and the client's network.
    pub(in crate::service) fn sms_budgets(&self, country: &str) -> Batch {
        let limits = &self.settings.limits;
        let budgets = [
            (LimitKind::SmsCountry, self.sms_key(LimitKind::SmsCountry, "country", country), limits.sms_country),
            (LimitKind::Sms, self.sms_key(LimitKind::Sms, "all", ""), limits.sms),
        ];
        let costs = budgets.map(|(kind, key, quota)| LimitOp::Count { kind, key, quota, now: self.ctx.now }.into());
        costs.into_iter().chain([self.network_asked("networks", country)]).collect()
    }

    /// Returns the same number of operations as [`sms_budgets`](Self::sms_budgets) for an SMS that is not sent, so
    /// that the work is the same.
    pub(in crate::service) fn decoy_budgets(&self, country: &str) -> Batch {
        let costs = [("decoy", country), ("decoys", "")].map(|(label, of)| self.count_only(label, of));
        costs.into_iter().chain([self.network_asked("decoy-networks", country)]).collect()
    }

    /// Returns whether codes may be sent to the country of a phone number.
    pub(in crate::service) fn may_send_to(&self, phone: &PhoneNumber) -> bool {
        self.settings
            .sms_countries
            .as_ref()
            .is_none_or(|allowed| phone.country().is_some_and(|country| allowed.iter().any(|one| one == country)))
    }

    /// Returns whether codes to a country are suspended because too few are entered, which indicates SMS pumping.
    /// Requests from several networks are required, so that a few accounts of one attacker cannot suspend a country.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store does not respond.
    pub(in crate::service) async fn is_stopped(&self, country: &str) -> Result<bool> {
        let limits = &self.settings.limits;
        if limits.mode == Mode::Off {
            return Ok(false);
        }
        let (store, now) = (&self.ports.store, self.ctx.now);
        let key = |label| self.sms_key(LimitKind::SmsCountry, label, country);
        let sent = store.window(key(SENT)).await?.within(COUNT_ONLY, now);
        let entered = store.window(key(ENTERED)).await?.within(COUNT_ONLY, now);
        let networks = store.members(key("networks")).await?.count(DAY, now);
        let stop = limits.sms_stop;
        let is_too_few = u64::from(entered) * 100 < u64::from(sent) * u64::from(stop.percent);
        let is_stopped = sent >= stop.after && is_too_few && networks >= STOP_NETWORKS;
        let is_enforced = limits.mode == Mode::Enforce;
        let is_news = self.sms_stops.set(&self.realm.name, country, is_stopped);
        if is_news && is_stopped {
            let realm = &self.realm.name;
            tracing::warn!(%realm, country, sent, entered, networks, enforced = is_enforced, "sms to country suspended");
        } else if is_news {
            tracing::info!(realm = %self.realm.name, country, "codes to country resumed");
        }
        if is_stopped {
            self.usage.add_reached(LimitKind::SmsCountry);
        }
        Ok(is_stopped && is_enforced)
    }

    /// Returns the operation that counts a sent code. Only codes accepted by the provider are counted, because others
    /// cannot be entered. Codes are only sent to users, whose email address is verified.
    pub(in crate::service) fn code_sent(&self, country: &str) -> Op {
        self.count_only(SENT, country)
    }

    /// Returns the operation that counts an entered code.
    pub(in crate::service) fn code_entered(&self, country: &str) -> Op {
        self.count_only(ENTERED, country)
    }

    fn count_only(&self, label: &str, country: &str) -> Op {
        let kind = LimitKind::SmsCountry;
        LimitOp::Count { kind, key: self.sms_key(kind, label, country), quota: COUNT_ONLY, now: self.ctx.now }.into()
    }

    /// Returns the operation that counts the client's network. IPv6 networks are counted by site, because the owner
    /// of a site has 65,536 networks that look like clients.
    fn network_asked(&self, label: &str, country: &str) -> Op {
        let kind = LimitKind::SmsCountry;
        let network =
            self.ctx.client.ip.map(|ip| LimitKey::site(kind, ip).unwrap_or_else(|| LimitKey::client(kind, ip)));
        let network = network.map(|key| key.0).unwrap_or_default();
        let member = LimitKey::in_realm(&self.realm.keys, kind, &[b"network", &network]);
        LimitOp::CountMember {
            key: self.sms_key(kind, label, country),
            member: member.0.first_chunk().copied().unwrap_or_default(),
            per: DAY,
            now: self.ctx.now,
        }
        .into()
    }

    /// Returns the key of a counter for a country in this realm.
    fn sms_key(&self, kind: LimitKind, label: &str, country: &str) -> LimitKey {
        LimitKey::in_realm(&self.realm.keys, kind, &[label.as_bytes(), country.as_bytes()])
    }
}
