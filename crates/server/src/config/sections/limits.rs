//! How often things may be done.

use portcullis_core::limit::{FailedAttempts, Limits, Mode, Quota, SmsStop};

use super::{
    accounts::HASH_QUEUE_CLIENT,
    section::{Context, Section, settings},
};
use crate::config::{
    fix::Fix,
    report::{
        Report,
        Severity::{Refused, RefusedElseWarned},
    },
    setting::Fallback::Fixed,
    value::{Choice, QUOTA, QUOTAS, choice, number},
    values::Values,
};

pub(super) const SECTION: Section = Section::new("Limits", SETTINGS).checked(check);

settings! {
    RATE_LIMIT_MODE: RateLimitMode = choice(), Fixed("enforce"),
        "Whether limits are enforced, only counted and logged (`observe`), or `off`; the tries of a code are always counted.";
    LIMIT_PASSWORDS_ACCOUNT: Quota = QUOTA, Fixed("5/24h"),
        "Wrong passwords of an account, or of a device it is known from, that cost no wait; after them each costs one of 1, 2, 4 … 60 s, until there was none for the duration, which is a minute or more.";
    LIMIT_PASSWORDS_CLIENT: Quota = QUOTA, Fixed("30/1m"),
        "Wrong passwords from one address; of IPv6, from one network of 64 bits.";
    LIMIT_PASSWORDS_KEPT: u64 = number::<_, 1_000, 1_000_000_000>(), Fixed("1000000"),
        "Of how many accounts and devices wrong passwords are remembered; beyond it those are forgotten whose last one is the longest ago.";
    LIMIT_MAILS_ACCOUNT: Quota = QUOTA, Fixed("5/1h"),
        "Mails to an address by `create`, `forget_password` and `verify/resend` together; past it the answer is the usual one and nothing is sent.";
    LIMIT_MAILS_CLIENT: Quota = QUOTA, Fixed("20/1h"),
        "Requests from one address to each of `create`, `forget_password` and `verify/resend`.";
    LIMIT_OTP_ACCOUNT: Vec<Quota> = QUOTAS, Fixed("1/1m,5/24h"),
        "Codes for an account, and to a number; all of the quotas must hold. Past them the answer is the usual one and nothing is sent.";
    LIMIT_OTP_CLIENT: Quota = QUOTA, Fixed("10/1h"),
        "Requests from one address to `otp_phone`.";
    LIMIT_LINKS_CLIENT: Quota = QUOTA, Fixed("30/1m"),
        "Links and codes from one address that lead nowhere.";
    LIMIT_REFRESHES_ACCOUNT: Quota = QUOTA, Fixed("60/1m"),
        "Refreshes of one session.";
    LIMIT_SMS_TOTAL: Quota = QUOTA, Fixed("1000/24h"),
        "All SMS together: the budget.";
    LIMIT_SMS_COUNTRY: Quota = QUOTA, Fixed("200/24h"),
        "SMS to one country.";
    SMS_STOP_AFTER: u32 = number::<_, 1, 1_000_000>(), Fixed("20"),
        "After so many codes to a country within a day it is judged by how many of them come back.";
    SMS_STOP_PERCENT: u32 = number::<_, 0, 100>(), Fixed("10"),
        "If fewer of a hundred codes to a country come back, no more are sent there that day.";
}

/// What the limits do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RateLimitMode {
    Enforce,
    Observe,
    Off,
}

impl Choice for RateLimitMode {
    const WORDS: &'static [(&'static str, Self)] =
        &[("enforce", Self::Enforce), ("observe", Self::Observe), ("off", Self::Off)];
    const PLACEHOLDER: &'static str = "enforce|observe|off";
}

pub(super) fn read(values: &Values) -> Option<Limits> {
    Some(Limits {
        mode: match values.get(&RATE_LIMIT_MODE)? {
            RateLimitMode::Enforce => Mode::Enforce,
            RateLimitMode::Observe => Mode::Observe,
            RateLimitMode::Off => Mode::Off,
        },
        passwords_account: values.get(&LIMIT_PASSWORDS_ACCOUNT)?,
        passwords_client: values.get(&LIMIT_PASSWORDS_CLIENT)?,
        passwords_kept: values.get(&LIMIT_PASSWORDS_KEPT)?,
        mails_account: values.get(&LIMIT_MAILS_ACCOUNT)?,
        mails_client: values.get(&LIMIT_MAILS_CLIENT)?,
        codes_account: values.get(&LIMIT_OTP_ACCOUNT)?,
        codes_client: values.get(&LIMIT_OTP_CLIENT)?,
        hashes_client: values.get(&HASH_QUEUE_CLIENT)?,
        links_client: values.get(&LIMIT_LINKS_CLIENT)?,
        refreshes_session: values.get(&LIMIT_REFRESHES_ACCOUNT)?,
        sms: values.get(&LIMIT_SMS_TOTAL)?,
        sms_country: values.get(&LIMIT_SMS_COUNTRY)?,
        sms_stop: SmsStop { after: values.get(&SMS_STOP_AFTER)?, percent: values.get(&SMS_STOP_PERCENT)? },
    })
}

fn check(values: &Values, _: &Context<'_>, report: &mut Report) {
    longest_wait(values, report);
    hollow(values, report);
}

fn longest_wait(values: &Values, report: &mut Report) {
    if let Some(quota) = values.get(&LIMIT_PASSWORDS_ACCOUNT)
        && quota.per < FailedAttempts::LONGEST_WAIT
    {
        let name = LIMIT_PASSWORDS_ACCOUNT.name();
        let text = "forgets wrong passwords before the longest wait for them, a minute, is over: take a longer stretch";
        report.problem(name, text, Fix::set(name, format!("{}/24h", quota.times)));
    }
}

/// So many wrong passwords may cost nothing (NIST SP 800-63B-4 §3.2.2).
const MOST_WRONG: u32 = 100;

fn hollow(values: &Values, report: &mut Report) {
    if values.get(&RATE_LIMIT_MODE) == Some(RateLimitMode::Off) {
        let fix = Fix::set(RATE_LIMIT_MODE.name(), "enforce");
        report.insecure(Refused, RATE_LIMIT_MODE.name(), "is off: set `enforce`, or `observe`", fix);
    }
    if values.get(&LIMIT_PASSWORDS_ACCOUNT).is_some_and(|quota| quota.times > MOST_WRONG) {
        let (name, text) = (LIMIT_PASSWORDS_ACCOUNT.name(), "lets more than 100 passwords be guessed without a wait");
        report.insecure(RefusedElseWarned, name, text, Fix::set(name, "5/24h"));
    }
}
