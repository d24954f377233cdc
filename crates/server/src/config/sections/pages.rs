//! Settings of sign-in pages and browser sessions.

use std::time::Duration;

use super::{
    accounts::MAX_CODE_TTL,
    longest::at_most,
    section::{Section, settings},
};
use crate::config::{
    fix::Fix,
    report::Report,
    setting::Fallback::Fixed,
    value::{Choice, DURATION, DURATION_OR_NEVER, SWITCH, choice},
    values::Values,
};

pub(super) const SECTION: Section = Section::new("Pages", SETTINGS).checked_per_realm(check_realm);

settings! {
    PAGES: bool = SWITCH, Fixed("on"),
        "Whether people can sign in, sign up and manage their account on pages of this server. `off`: only the pages of emailed links are available.", per_realm;
    BROWSER_SESSION_IDLE: Duration = DURATION, Fixed("12h"),
        "Maximum idle time of a browser session.", per_realm;
    BROWSER_SESSION_MAX_AGE: Duration = DURATION, Fixed("7d"),
        "Maximum duration of a browser session.", per_realm;
    BROWSER_REMEMBER: Duration = DURATION_OR_NEVER, Fixed("30d"),
        "Duration of a browser session if the user chooses to stay signed in. `0`: the option is not offered.", per_realm;
    EMAIL_SIGNIN: EmailSignin = choice(), Fixed("off"),
        "Whether users can sign in by email. `code`: with a code and a link sent by email. It requires `PAGES=on`.", per_realm;
    SIGNIN_CODE_TTL: Duration = DURATION, Fixed("10m"),
        "Lifetime of an emailed sign-in code, at most 10m.", per_realm;
}

fn check_realm(values: &Values, report: &mut Report) {
    at_most(&BROWSER_SESSION_IDLE, 400 * 24, values, report);
    at_most(&BROWSER_SESSION_MAX_AGE, 400 * 24, values, report);
    at_most(&BROWSER_REMEMBER, 400 * 24, values, report);
    if values.get(&SIGNIN_CODE_TTL).is_some_and(|lifetime| lifetime > MAX_CODE_TTL) {
        let text = "must be at most 10m: a six-digit code that is valid longer could be guessed";
        report.problem(SIGNIN_CODE_TTL.name(), text, Fix::set(SIGNIN_CODE_TTL.name(), "10m"));
    }
    if values.get(&EMAIL_SIGNIN) == Some(EmailSignin::Code) && values.get(&PAGES) == Some(false) {
        let text = "is `code`, and PAGES is off: the emailed link opens a page";
        report.problem(EMAIL_SIGNIN.name(), text, Fix::set(EMAIL_SIGNIN.name(), "off")).beside(PAGES.name());
    }
}

/// How users can sign in by email.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EmailSignin {
    Off,
    /// By a code and a link.
    Code,
}

impl Choice for EmailSignin {
    const WORDS: &'static [(&'static str, Self)] = &[("off", Self::Off), ("code", Self::Code)];
    const PLACEHOLDER: &'static str = "off|code";
}
