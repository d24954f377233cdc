//! SMS settings (Twilio).

use portcullis_core::SecretString;

use super::section::{Context, Section, settings};
use crate::config::{
    fix::Fix,
    report::{Report, Severity::Refused},
    setting::Fallback::{Fixed, Nothing},
    value::{API_URL, COUNTRIES, SECRET, TEXT},
    values::Values,
};

pub(super) const SECTION: Section = Section::new("SMS", SETTINGS).checked(check);

settings! {
    TWILIO_SID: String = TEXT, Nothing,
        "SID of the Twilio account that sends SMS.";
    TWILIO_AUTH_TOKEN: SecretString = SECRET, Nothing,
        "Auth token of the Twilio account.", secret;
    TWILIO_NUMBER: String = TEXT, Nothing,
        "Sender of SMS: a phone number, a short code, a name, or the SID of a messaging service (`MG…`).";
    TWILIO_API_URL: String = API_URL, Fixed("https://api.twilio.com"),
        "Base URL of the Twilio API. Plain `http` is only accepted for loopback.";
    SMS_COUNTRIES: Vec<String> = COUNTRIES, Nothing,
        "Countries that SMS may be sent to, as ISO codes separated by commas. In development, all countries are allowed by default. Required in production with Twilio.";
}

#[derive(Debug)]
pub struct Sms {
    /// Twilio account, if configured.
    pub twilio: Option<Twilio>,
    pub countries: Option<Vec<String>>,
}

/// A Twilio account.
#[derive(Debug)]
pub struct Twilio {
    pub sid: String,
    pub auth_token: SecretString,
    pub number: String,
    pub api_url: String,
}

impl Sms {
    pub(super) fn read(values: &Values) -> Option<Self> {
        let twilio = match values.get(&TWILIO_SID) {
            None => None,
            Some(sid) => Some(Twilio {
                sid,
                auth_token: values.get(&TWILIO_AUTH_TOKEN)?,
                number: values.get(&TWILIO_NUMBER)?,
                api_url: values.get(&TWILIO_API_URL)?,
            }),
        };
        Some(Self { twilio, countries: values.get(&SMS_COUNTRIES) })
    }
}

fn check(values: &Values, _: &Context<'_>, report: &mut Report) {
    twilio(values, report);
    insecure(values, report);
}

fn twilio(values: &Values, report: &mut Report) {
    if !values.has(TWILIO_SID.name()) {
        return;
    }
    for (name, fix) in [
        (TWILIO_AUTH_TOKEN.name(), Fix::in_a_file(TWILIO_AUTH_TOKEN.name())),
        (TWILIO_NUMBER.name(), Fix::set(TWILIO_NUMBER.name(), "+15005550006")),
    ] {
        if !values.has(name) {
            report.problem(name, "is required with TWILIO_SID", fix);
        }
    }
}

fn insecure(values: &Values, report: &mut Report) {
    if values.get(&TWILIO_SID).is_some_and(|sid| !sid.bytes().all(|b| b.is_ascii_alphanumeric())) {
        let fix = Fix::set(TWILIO_SID.name(), "AC0123456789abcdef0123456789abcdef");
        let text = "is not an account SID, which has only letters and digits: see the Twilio console";
        report.insecure(Refused, TWILIO_SID.name(), text, fix);
    }
    if values.has(TWILIO_SID.name()) && !values.has(SMS_COUNTRIES.name()) {
        let text = "is required with TWILIO_SID: list the countries to which SMS may be sent";
        let fix = Fix::set(SMS_COUNTRIES.name(), "US,CA");
        report.insecure(Refused, SMS_COUNTRIES.name(), text, fix);
    }
}
