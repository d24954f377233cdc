//! Settings of sign-in pages and browser sessions.

use std::time::Duration;

use super::{
    longest::at_most,
    section::{Section, settings},
};
use crate::config::{
    report::Report,
    setting::Fallback::Fixed,
    value::{DURATION, DURATION_OR_NEVER, SWITCH},
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
}

fn check_realm(values: &Values, report: &mut Report) {
    at_most(&BROWSER_SESSION_IDLE, 400 * 24, values, report);
    at_most(&BROWSER_SESSION_MAX_AGE, 400 * 24, values, report);
    at_most(&BROWSER_REMEMBER, 400 * 24, values, report);
}
