use minijinja::{Value, context, value::Serde};
use portcullis_core::clock::Timestamp;
use serde::Serialize;

use super::{Gate, Page, Person, Replaceable};
use crate::templates::mails::long_time;

/// A time as text, and for the script that converts it to local time.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct When {
    iso: String,
    /// `29 November 2026, 14:12 UTC`.
    text: String,
    /// `29 November 2026`.
    day: String,
}

impl From<Timestamp> for When {
    fn from(at: Timestamp) -> Self {
        let text = long_time(at);
        let day = text.split(',').next().unwrap_or_default().to_owned();
        Self { iso: at.to_string(), text, day }
    }
}

/// A session in the list of devices.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct SessionRow {
    pub(crate) id: String,
    pub(crate) current: bool,
    pub(crate) device: String,
    pub(crate) icon: &'static str,
    pub(crate) ip: String,
    pub(crate) used: When,
    pub(crate) opened: When,
    /// How it was created: `with password`.
    pub(crate) how: &'static str,
    /// Whether it was created recently.
    pub(crate) is_new: bool,
}

/// An event in the list of activity.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct EventRow {
    pub(crate) text: &'static str,
    pub(crate) is_bad: bool,
    pub(crate) at: When,
    pub(crate) device: String,
    pub(crate) ip: String,
}

/// Recommended next step.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Recommended {
    pub(crate) icon: &'static str,
    pub(crate) title: &'static str,
    pub(crate) text: String,
    pub(crate) path: &'static str,
    pub(crate) label: &'static str,
}

/// Home page of the account.
pub(crate) struct AccountHome {
    pub(crate) gate: Gate,
    pub(crate) user: Person,
    /// Time when the password was set. `None` without a password.
    pub(crate) password: Option<When>,
    pub(crate) two_step: bool,
    /// Names of the passkeys.
    pub(crate) passkeys: Vec<String>,
    /// Names of the second factors.
    pub(crate) factors: Vec<String>,
    /// Number of unused recovery codes.
    pub(crate) recovery_left: usize,
    pub(crate) sessions: Vec<SessionRow>,
    pub(crate) events: Vec<EventRow>,
    pub(crate) recommended: Option<Recommended>,
}

/// Returns the values needed by the account layout.
pub(super) fn frame(user: &Person, section: &str, up: &str) -> Value {
    context! { user => Value::from(Serde(user)), section, up }
}

impl Page for AccountHome {
    const NAME: &'static str = "account.html";

    fn values(&self) -> Value {
        context! {
            password => Value::from(Serde(&self.password)),
            two_step => self.two_step,
            passkeys => self.passkeys.clone(),
            factors => self.factors.clone(),
            recovery_left => self.recovery_left,
            sessions => Value::from(Serde(&self.sessions)),
            events => Value::from(Serde(&self.events)),
            recommended => Value::from(Serde(&self.recommended)),
            ..context! { ..frame(&self.user, "home", ""), ..self.gate.values() }
        }
    }
}

impl SessionRow {
    pub(super) fn samples() -> Vec<Self> {
        let at = |hours: i64| When::from(Timestamp::from_secs(1_795_961_520 - hours * 3600));
        let row = |device: &str, icon, ip: &str, hours| Self {
            id: format!("session{hours}"),
            current: hours == 0,
            device: device.to_owned(),
            icon,
            ip: ip.to_owned(),
            used: at(hours),
            opened: at(hours * 3),
            how: "with password and code",
            is_new: hours == 100,
        };
        vec![
            row("Firefox on Linux", "laptop", "192.0.2.14", 0),
            row("Safari on iPhone", "phone", "203.0.113.77", 17),
            row("Chrome on Windows", "laptop", "198.51.100.23", 100),
        ]
    }
}

impl Replaceable for AccountHome {
    const PURPOSE: &'static str = "The home page of the account.";
    const SOURCE: &'static str = source!("pages/account.html");

    fn samples() -> Vec<(&'static str, Self)> {
        let at = |hours: i64| When::from(Timestamp::from_secs(1_795_961_520 - hours * 3600));
        let event = |text, is_bad, hours| EventRow {
            text,
            is_bad,
            at: at(hours),
            device: "Firefox on Linux".to_owned(),
            ip: "192.0.2.14".to_owned(),
        };
        let codes = Recommended {
            icon: "key",
            title: "Get new recovery codes",
            text: "You have 2 of 10 left. You'll need one if you lose your phone.".to_owned(),
            path: "account/security",
            label: "Get new codes",
        };
        let page = |done, recommended| Self {
            gate: Gate { done, ..Gate::default() },
            user: Person::sample(),
            password: Some(at(2600)),
            two_step: true,
            passkeys: vec!["iCloud Keychain".to_owned()],
            factors: vec!["Authenticator app".to_owned()],
            recovery_left: 2,
            sessions: SessionRow::samples(),
            events: vec![event("Signed in", false, 0), event("Failed sign-in: wrong password", true, 80)],
            recommended,
        };
        let bare = Self {
            user: Person::new("robin.larch@example.com", [None, None]),
            two_step: false,
            passkeys: Vec::new(),
            factors: Vec::new(),
            events: Vec::new(),
            ..page("", None)
        };
        vec![("", page("", Some(codes))), ("recovery code used", page("recovery_used", None)), ("bare", bare)]
    }
}
