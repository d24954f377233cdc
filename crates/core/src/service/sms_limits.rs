//! Limits of SMS, each of which costs money: by account and number, by country, and in all.

use std::time::Duration;

use crate::{
    account::phone::PhoneNumber,
    ctx::Ctx,
    error::Result,
    id::UserId,
    limit::{LimitKey, LimitKind, Mode, Quota},
    port::{Batch, LimitOp, Op},
    realm::Realm,
    service::Service,
};

/// What is sent and what comes back is compared over a day.
const DAY: Duration = Duration::from_secs(24 * 3600);
/// Counts without end.
const COUNT_ONLY: Quota = Quota { times: u32::MAX, per: DAY };

impl Service {
    /// What a code counts against by its account and number. For a number that is nobody's, to which nothing is sent, it is as
    /// many counts of no meaning.
    pub(super) fn own_quotas(&self, ctx: &Ctx, realm: &Realm, subject: &UserId, phone: Option<&PhoneNumber>) -> Batch {
        let number = phone.map_or(subject.as_str(), PhoneNumber::as_str);
        let whose = [("account", subject.as_str()), ("number", number)];
        let each = self.rules.limits.codes_account.iter().flat_map(|quota| {
            let per = quota.per.as_secs().to_be_bytes();
            whose.map(|(kind, of)| {
                (LimitKey::in_realm(&realm.keys, LimitKind::Codes, &[kind.as_bytes(), &per, of.as_bytes()]), *quota)
            })
        });
        each.map(|(key, quota)| LimitOp::Count { kind: LimitKind::Codes, key, quota, now: ctx.now }.into()).collect()
    }

    /// What an SMS counts against by what it costs.
    pub(super) fn budgets(&self, ctx: &Ctx, country: &str) -> Batch {
        let limits = &self.rules.limits;
        let budgets = [
            (LimitKind::SmsCountry, LimitKey::public(LimitKind::SmsCountry, country), limits.sms_country),
            (LimitKind::Sms, LimitKey::public(LimitKind::Sms, "all"), limits.sms),
        ];
        budgets.map(|(row, key, quota)| LimitOp::Count { kind: row, key, quota, now: ctx.now }.into()).into()
    }

    /// Whether codes to this country come back so seldom that somebody must be earning by them, and no more go there.
    ///
    /// # Errors
    /// Unavailable.
    pub(super) async fn is_stopped(&self, ctx: &Ctx, country: &str) -> Result<bool> {
        let limits = &self.rules.limits;
        if limits.mode == Mode::Off {
            return Ok(false);
        }
        let sent = self.ports.store.window(sent_to(country)).await?.within(COUNT_ONLY, ctx.now);
        let back = self.ports.store.window(back_from(country)).await?.within(COUNT_ONLY, ctx.now);
        let stop = limits.sms_stop;
        let is_too_few = u64::from(back) * 100 < u64::from(sent) * u64::from(stop.percent);
        if sent < stop.after || !is_too_few {
            return Ok(false);
        }
        let is_enforced = limits.mode == Mode::Enforce;
        ctx.note_beyond(LimitKind::SmsCountry);
        tracing::warn!(country, sent, back, enforced = is_enforced, "codes to this country do not come back");
        Ok(is_enforced)
    }
}

/// As many counts as of [`Service::budgets`], and as long ones, for what is never sent.
pub(super) fn nobodys_budgets(ctx: &Ctx, country: &str) -> Batch {
    let keys =
        [format!("nobody/{country}"), "nobody".to_owned()].map(|name| LimitKey::public(LimitKind::SmsCountry, &name));
    keys.map(|key| LimitOp::Count { kind: LimitKind::SmsCountry, key, quota: COUNT_ONLY, now: ctx.now }.into()).into()
}

/// The provider has taken a code to this country: what it never took cannot come back.
pub(super) fn went_out(ctx: &Ctx, country: &str) -> Op {
    LimitOp::Count { kind: LimitKind::SmsCountry, key: sent_to(country), quota: COUNT_ONLY, now: ctx.now }.into()
}

/// A code of this country was given back.
pub(super) fn came_back(ctx: &Ctx, country: &str) -> Op {
    LimitOp::Count { kind: LimitKind::SmsCountry, key: back_from(country), quota: COUNT_ONLY, now: ctx.now }.into()
}

fn sent_to(country: &str) -> LimitKey {
    LimitKey::public(LimitKind::SmsCountry, &format!("sent/{country}"))
}

fn back_from(country: &str) -> LimitKey {
    LimitKey::public(LimitKind::SmsCountry, &format!("back/{country}"))
}
