//! Rate limit settings.

use portcullis_core::limit::{FailedAttempts, Limits, Mode, Quota, SmsStop};

use super::{
    accounts::HASH_QUEUE_CLIENT,
    section::{Context, Section, settings},
};
use crate::config::{
    environment::Environment,
    fix::Fix,
    report::{
        Report,
        Severity::{Refused, RefusedElseWarned},
    },
    setting::{
        Entry,
        Fallback::{Derived, Fixed},
        Info, Setting,
    },
    value::{Choice, QUOTA, QUOTAS, choice, number},
    values::Values,
};

pub(super) const SECTION: Section = Section::new("Limits", SETTINGS).deriving(derive).checked(check);

settings! {
    RATE_LIMIT_MODE: RateLimitMode = choice(), Derived("`observe` in development, `enforce` in production"),
        "`enforce`: requests over a limit are rejected. `observe`: they are only counted and logged. `off`: limits are not applied. The number of attempts to enter a code is limited in every mode.";
    LIMIT_PASSWORDS_ACCOUNT: Quota = QUOTA, Fixed("5/24h"),
        "Number of failed password attempts for an account, or from one of its known devices, before a wait is required. Each further attempt requires a wait of 1, 2, 4 … 60 s. The count is reset after one period without failed attempts. The period is at least 1m.";
    LIMIT_PASSWORDS_CLIENT: Quota = QUOTA, Fixed("30/1m"),
        "Failed password attempts from one client address. For IPv6, from one /64 network.";
    LIMIT_PASSWORDS_KEPT: u64 = number::<_, 1_000, 1_000_000_000>(), Fixed("1000000"),
        "Maximum number of accounts and devices whose failed attempts are stored. Beyond that, the oldest are removed.";
    LIMIT_MAILS_ACCOUNT: Quota = QUOTA, Fixed("5/1h"),
        "Emails to one address by `create`, `forget_password` and `verify/resend` together. Beyond that, the response is the same but nothing is sent.";
    LIMIT_MAILS_MAILBOX_ACCOUNT: Quota = QUOTA, Fixed("10/1h"),
        "Emails by these routes to all addresses together that only differ in the tag after a plus sign (`john+shop@example.com`).";
    LIMIT_MAILS_CLIENT: Quota = QUOTA, Fixed("20/1h"),
        "Requests from one address to each of `create`, `forget_password`, `verify/resend` and `signin_code/start`.";
    LIMIT_EMAIL_CHANGES_ACCOUNT: Quota = QUOTA, Fixed("3/7d"),
        "Email address changes requested by one account. The email also counts towards `LIMIT_MAILS_ACCOUNT` of the new address.";
    LIMIT_PROFILE_ACCOUNT: Quota = QUOTA, Fixed("30/1h"),
        "Changes of the profile (`PATCH me`) in one session.";
    LIMIT_EXPORTS_ACCOUNT: Quota = QUOTA, Fixed("2/1h"),
        "Exports of one account (`me/export`).";
    LIMIT_OTP_ACCOUNT: Vec<Quota> = QUOTAS, Fixed("1/1m,5/24h"),
        "Codes for one account, and to one phone number. All limits apply. Beyond them, the response is the same but nothing is sent.";
    LIMIT_OTP_CLIENT: Quota = QUOTA, Fixed("10/1h"),
        "Requests from one address to `otp_phone`.";
    LIMIT_LINKS_CLIENT: Quota = QUOTA, Fixed("30/1m"),
        "Invalid links and codes from one address.";
    LIMIT_SIGNIN_CODES_ACCOUNT: Quota = QUOTA, Fixed("20/24h"),
        "Wrong sign-in codes (`EMAIL_SIGNIN`) of an account, or of a device known to it. Beyond that, every code is rejected; the link in the email still works.";
    LIMIT_FACTORS_ACCOUNT: Vec<Quota> = QUOTAS, Fixed("5/1h,10/24h"),
        "Failed second-factor attempts for an account, or from one of its known devices. All limits apply. Beyond them, every code is rejected. A correct factor resets the count; a correct password does not.";
    LIMIT_FACTORS_CLIENT: Quota = QUOTA, Fixed("30/1m"),
        "Failed second-factor attempts from one address.";
    LIMIT_PASSKEY_OPTIONS_CLIENT: Quota = QUOTA, Fixed("120/1m"),
        "Passkey challenges requested from one address.";
    LIMIT_PASSKEYS_CLIENT: Quota = QUOTA, Fixed("30/1m"),
        "Failed passkey logins from one address.";
    LIMIT_AUTHORIZE_CLIENT: Quota = QUOTA, Fixed("120/1m"),
        "Requests from one address to `authorize`, sign-ins with other providers started from it, and ID tokens exchanged.";
    LIMIT_CLIENT_TOKENS_ACCOUNT: Quota = QUOTA, Fixed("600/1m"),
        "Token requests of one registered client.";
    LIMIT_CLIENT_TOKENS_CLIENT: Quota = QUOTA, Fixed("120/1m"),
        "Token requests of registered clients from one address.";
    LIMIT_CLIENT_SECRETS_ACCOUNT: Quota = QUOTA, Fixed("10/1m"),
        "Invalid secrets of one registered client. The correct secret is still accepted.";
    LIMIT_CLIENT_SECRETS_CLIENT: Quota = QUOTA, Fixed("30/1m"),
        "Invalid secrets of registered clients from one address.";
    LIMIT_ENROLMENTS_ACCOUNT: Quota = QUOTA, Fixed("20/1h"),
        "Second-factor enrolments and re-authentications started by one account.";
    LIMIT_REFRESHES_ACCOUNT: Quota = QUOTA, Fixed("60/1m"),
        "Refreshes of one session.";
    LIMIT_ADMIN_SIGN_IN_CLIENT: Quota = QUOTA, Fixed("5/1m"),
        "Failed sign-ins of administrators from one address, with password or API key.";
    LIMIT_ADMIN_KEY_ACCOUNT: Quota = QUOTA, Fixed("600/1m"),
        "Requests with one API key of an administrator.";
    LIMIT_ADMIN_READS_ACCOUNT: Quota = QUOTA, Fixed("120/1h"),
        "Users read or found by one administrator with only the role `support`.";
    LIMIT_INVITATIONS_ACCOUNT: Quota = QUOTA, Fixed("200/1h"),
        "Invitations by one administrator.";
    LIMIT_IMPERSONATIONS_ACCOUNT: Quota = QUOTA, Fixed("20/1h"),
        "Impersonation sessions created by one administrator.";
    LIMIT_SMS_TOTAL: Quota = QUOTA, Fixed("1000/24h"),
        "SMS messages of a realm to all countries together.";
    LIMIT_SMS_COUNTRY: Quota = QUOTA, Fixed("200/24h"),
        "SMS messages of a realm to one country.";
    SMS_STOP_AFTER: u32 = number::<_, 1, 1_000_000>(), Fixed("20"),
        "Number of codes sent to a country by a realm in a day before its conversion rate decides whether sending continues.";
    SMS_STOP_PERCENT: u32 = number::<_, 0, 100>(), Fixed("10"),
        "Minimum percentage of the codes sent to a country that must be entered. If fewer are entered and at least five networks have requested codes, the realm sends no more codes to that country on the same day.";
}

/// Effect of the limits.
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
        mails_mailbox: values.get(&LIMIT_MAILS_MAILBOX_ACCOUNT)?,
        mails_client: values.get(&LIMIT_MAILS_CLIENT)?,
        email_changes_account: values.get(&LIMIT_EMAIL_CHANGES_ACCOUNT)?,
        profile_session: values.get(&LIMIT_PROFILE_ACCOUNT)?,
        exports_account: values.get(&LIMIT_EXPORTS_ACCOUNT)?,
        codes_account: values.get(&LIMIT_OTP_ACCOUNT)?,
        codes_client: values.get(&LIMIT_OTP_CLIENT)?,
        hashes_client: values.get(&HASH_QUEUE_CLIENT)?,
        links_client: values.get(&LIMIT_LINKS_CLIENT)?,
        signin_codes_account: values.get(&LIMIT_SIGNIN_CODES_ACCOUNT)?,
        factors_account: values.get(&LIMIT_FACTORS_ACCOUNT)?,
        factors_client: values.get(&LIMIT_FACTORS_CLIENT)?,
        passkey_options_client: values.get(&LIMIT_PASSKEY_OPTIONS_CLIENT)?,
        passkeys_client: values.get(&LIMIT_PASSKEYS_CLIENT)?,
        authorize_client: values.get(&LIMIT_AUTHORIZE_CLIENT)?,
        enrolments_account: values.get(&LIMIT_ENROLMENTS_ACCOUNT)?,
        client_tokens_account: values.get(&LIMIT_CLIENT_TOKENS_ACCOUNT)?,
        client_tokens_client: values.get(&LIMIT_CLIENT_TOKENS_CLIENT)?,
        client_secrets_account: values.get(&LIMIT_CLIENT_SECRETS_ACCOUNT)?,
        client_secrets_client: values.get(&LIMIT_CLIENT_SECRETS_CLIENT)?,
        refreshes_session: values.get(&LIMIT_REFRESHES_ACCOUNT)?,
        admin_sign_in_client: values.get(&LIMIT_ADMIN_SIGN_IN_CLIENT)?,
        admin_key: values.get(&LIMIT_ADMIN_KEY_ACCOUNT)?,
        admin_reads: values.get(&LIMIT_ADMIN_READS_ACCOUNT)?,
        invitations: values.get(&LIMIT_INVITATIONS_ACCOUNT)?,
        impersonations: values.get(&LIMIT_IMPERSONATIONS_ACCOUNT)?,
        sms: values.get(&LIMIT_SMS_TOTAL)?,
        sms_country: values.get(&LIMIT_SMS_COUNTRY)?,
        sms_stop: SmsStop { after: values.get(&SMS_STOP_AFTER)?, percent: values.get(&SMS_STOP_PERCENT)? },
    })
}

fn derive(values: &mut Values, environment: Environment) {
    let mode = if environment == Environment::Development { "observe" } else { "enforce" };
    values.derive(&RATE_LIMIT_MODE, |_| Some(mode.to_owned()));
}

fn check(values: &Values, _: &Context<'_>, report: &mut Report) {
    longest_wait(values, report);
    hollow(values, report);
    boundless(values, report);
}

fn longest_wait(values: &Values, report: &mut Report) {
    if let Some(quota) = values.get(&LIMIT_PASSWORDS_ACCOUNT)
        && quota.per < FailedAttempts::MAX_WAIT
    {
        let name = LIMIT_PASSWORDS_ACCOUNT.name();
        let text = "must have a period of at least 1m, the longest wait after a wrong password";
        report.problem(name, text, Fix::set(name, format!("{}/24h", quota.times)));
    }
}

/// Maximum number of failed password attempts without a wait (NIST SP 800-63B-4 §3.2.2).
const MAX_FAILURES: u32 = 100;

/// Maximum number of passwords, links or codes per minute that is still an effective limit.
const MAX_PER_MINUTE: f64 = 1000.0;

/// Rejects limits that allow too many guesses. Of several quotas, the strictest applies.
fn boundless(values: &Values, report: &mut Report) {
    let one =
        |setting: &'static Setting<Quota>| (setting.name(), setting.info(), values.get(setting).into_iter().collect());
    let codes =
        (LIMIT_OTP_ACCOUNT.name(), LIMIT_OTP_ACCOUNT.info(), values.get(&LIMIT_OTP_ACCOUNT).unwrap_or_default());
    let factors = (
        LIMIT_FACTORS_ACCOUNT.name(),
        LIMIT_FACTORS_ACCOUNT.info(),
        values.get(&LIMIT_FACTORS_ACCOUNT).unwrap_or_default(),
    );
    let limits: [(&'static str, &Info, Vec<Quota>); 7] = [
        one(&LIMIT_PASSWORDS_CLIENT),
        one(&LIMIT_LINKS_CLIENT),
        one(&LIMIT_OTP_CLIENT),
        one(&LIMIT_SIGNIN_CODES_ACCOUNT),
        codes,
        one(&LIMIT_FACTORS_CLIENT),
        factors,
    ];
    for (name, info, quotas) in limits {
        let rate = |quota: &Quota| f64::from(quota.times) * 60.0 / quota.per.as_secs_f64();
        if !quotas.is_empty() && quotas.iter().all(|quota| rate(quota) > MAX_PER_MINUTE) {
            let text = "allows more than 1,000 a minute, which is too high to stop an attack";
            report.insecure(RefusedElseWarned, name, text, Fix::set(name, info.default.to_string()));
        }
    }
}

fn hollow(values: &Values, report: &mut Report) {
    if values.get(&RATE_LIMIT_MODE) == Some(RateLimitMode::Off) {
        let fix = Fix::set(RATE_LIMIT_MODE.name(), "enforce");
        report.insecure(Refused, RATE_LIMIT_MODE.name(), "is off: set `enforce` or `observe`", fix);
    }
    if values.get(&LIMIT_PASSWORDS_ACCOUNT).is_some_and(|quota| quota.times > MAX_FAILURES) {
        let (name, text) = (LIMIT_PASSWORDS_ACCOUNT.name(), "allows more than 100 wrong passwords without a wait");
        report.insecure(RefusedElseWarned, name, text, Fix::set(name, "5/24h"));
    }
}
