//! Second factors that can complete a ticket, as offered by the pages.

use portcullis_core::{
    error::ErrorKind,
    service::{Challenged, FactorChallenge},
};
use serde::{Deserialize, Serialize};

use super::passkey::Ability;
use crate::templates::pages::Way;

/// A kind of second factor.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Kind {
    name: String,
    /// Last digits of the phone number that receives the SMS.
    pub(super) to: Option<String>,
}

impl Kind {
    /// Returns the kind for passkeys and security keys.
    pub(super) fn passkey() -> Self {
        Self { name: "passkey".to_owned(), to: None }
    }
}

/// Returns the link back to the password.
pub(super) fn password(href: String) -> Way {
    Way { name: "password".into(), label: "Use your password".to_owned(), icon: "lock", href, ..Way::default() }
}

/// Returns the kinds that can complete a ticket, strongest first.
pub(super) fn kinds(challenged: &Challenged) -> Vec<Kind> {
    let plain = |name: &str| Some(Kind { name: name.to_owned(), to: None });
    let kind = |challenge: &FactorChallenge| match challenge {
        FactorChallenge::Totp => plain("totp"),
        FactorChallenge::Sms(to) => Some(Kind { to: Some(to.trim_start_matches('•').to_owned()), ..plain("sms")? }),
        FactorChallenge::RecoveryCode => plain("recovery_code"),
        FactorChallenge::Passkey => Some(Kind::passkey()),
        FactorChallenge::Password | FactorChallenge::Login | FactorChallenge::Enroll(_) => None,
    };
    challenged.challenges.iter().filter_map(kind).collect()
}

/// Returns the requested kind, or the strongest that the browser supports. An SMS is only sent when its button is
/// pressed.
pub(super) fn choose(kinds: &[Kind], asked: Option<&str>, ability: Ability) -> &'static str {
    let has = |name: &str| kinds.iter().any(|kind| kind.name == name);
    let all = match ability {
        Ability::Nothing => ["totp", "sms", "recovery_code", "passkey"],
        Ability::Passkeys | Ability::Platform => ["passkey", "totp", "sms", "recovery_code"],
    };
    let wanted = all.into_iter().find(|name| asked == Some(*name) && has(name));
    wanted.or_else(|| all.into_iter().find(|name| has(name))).unwrap_or("totp")
}

/// Returns the other kinds. `link` returns the path of the page for a kind.
pub(super) fn ways(kinds: &[Kind], method: &str, link: impl Fn(&str) -> String) -> Vec<Way> {
    let way = |kind: &Kind| {
        let (name, label, icon) = match kind.name.as_str() {
            "passkey" => ("passkey", "Use a passkey or security key", "passkey"),
            "totp" => ("totp", "Use a code from your app", "phone"),
            "sms" => ("sms", "Get a text message", "send"),
            _ => ("recovery_code", "Use a recovery code", "key"),
        };
        let hint = kind.to.as_ref().map(|to| format!("to the number ending in {to}")).unwrap_or_default();
        Way { name: name.into(), label: label.to_owned(), hint, icon, href: link(name), sends: name == "sms" }
    };
    kinds.iter().filter(|kind| kind.name != method).map(way).collect()
}

/// Returns the last digits of the phone number.
pub(super) fn ending(kinds: &[Kind]) -> String {
    kinds.iter().find_map(|kind| kind.to.clone()).unwrap_or_default()
}

/// Returns the error message for a code.
pub(super) fn wrong(method: &str) -> &'static str {
    match method {
        "recovery_code" => "That code is incorrect or was already used",
        "passkey" => "We couldn't use that passkey. Try again, or use another way.",
        "sms" => "That code is incorrect or has expired. Request a new one.",
        _ => "That code is incorrect or has expired. Enter the current code from your app.",
    }
}

/// Returns whether the error means that the code is wrong.
pub(super) const fn is_refusal(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::Refused | ErrorKind::BadLink | ErrorKind::Malformed)
}
