//! Second factor settings.

use std::time::Duration;

use portcullis_core::factor::{Method, MfaPolicy};

use super::{
    longest::at_most,
    passkeys::{PASSKEY_RP_ID, PASSKEYS},
    section::{Section, settings},
    sms::TWILIO_SID,
};
use crate::config::{
    fix::Fix,
    report::{Report, Severity::Refused},
    setting::Fallback::Fixed,
    value::{Choice, DURATION, DURATION_OR_NEVER, MFA_METHODS as METHODS, choice},
    values::Values,
};

pub(super) const SECTION: Section = Section::new("Second factors", SETTINGS).checked_per_realm(check_realm);

settings! {
    MFA_POLICY: MfaPolicy = choice(), Fixed("optional"),
        "`optional`: each user decides. `required`: every login needs two factors or a trusted device. `off`: no factor can be added; existing factors remain in force.", per_realm;
    MFA_METHODS: Vec<Method> = METHODS, Fixed("passkey,totp,recovery_code"),
        "Kinds of second factors that can be added and used, separated by commas: `passkey` (also security keys), `totp` (authenticator app), `sms` (codes to the verified phone number), `recovery_code`.", per_realm;
    MFA_TTL: Duration = DURATION, Fixed("5m"),
        "Maximum time between the two steps of a login.", per_realm;
    MFA_REMEMBER: Duration = DURATION_OR_NEVER, Fixed("30d"),
        "How long a trusted device needs no second factor, counted from the login that made it trusted. `0`: devices cannot be trusted.", per_realm;
    ADDITION_UNDO: Duration = DURATION_OR_NEVER, Fixed("7d"),
        "How long the addition of a factor can be undone with the link in its notification email. `0`: not at all.", per_realm;
}

impl Choice for MfaPolicy {
    const WORDS: &'static [(&'static str, Self)] =
        &[("optional", Self::Optional), ("required", Self::Required), ("off", Self::Off)];
    const PLACEHOLDER: &'static str = "optional|required|off";
}

fn check_realm(values: &Values, report: &mut Report) {
    at_most(&MFA_TTL, 1, values, report);
    at_most(&MFA_REMEMBER, 400 * 24, values, report);
    at_most(&ADDITION_UNDO, 90 * 24, values, report);
    check_sms(values, report);
    let has_passkeys = values.get(&PASSKEYS) == Some(true) && values.get(&PASSKEY_RP_ID).is_some();
    let is_first = |method: &Method| *method == Method::Totp || (*method == Method::Passkey && has_passkeys);
    let has_real = values.get(&MFA_METHODS).is_none_or(|methods| methods.iter().any(is_first));
    if values.get(&MFA_POLICY) == Some(MfaPolicy::Required) && !has_real {
        let text = "requires a second factor, and MFA_METHODS has none that can be added first";
        report.insecure(Refused, MFA_POLICY.name(), text, Fix::set(MFA_METHODS.name(), "totp,recovery_code"));
    }
}

fn check_sms(values: &Values, report: &mut Report) {
    let Some(methods) = values.get(&MFA_METHODS).filter(|methods| methods.contains(&Method::Sms)) else { return };
    if !methods.contains(&Method::Totp) {
        let text = "contains sms, which can only be added beside a stronger factor";
        report.insecure(Refused, MFA_METHODS.name(), text, Fix::set(MFA_METHODS.name(), "totp,sms,recovery_code"));
    }
    if !values.has(TWILIO_SID.name()) {
        let text = "contains sms, and TWILIO_SID is not set, so that no code can be sent";
        report.insecure(Refused, MFA_METHODS.name(), text, Fix::set(MFA_METHODS.name(), "totp,recovery_code"));
    }
}
