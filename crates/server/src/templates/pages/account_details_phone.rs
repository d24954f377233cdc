use minijinja::{Value, context};

use super::{Gate, Page, Person, Replaceable, account::frame};

/// Asks for a new phone number, then for the code sent to it.
pub(crate) struct AccountDetailsPhone {
    pub(crate) gate: Gate,
    pub(crate) user: Person,
    /// Last digits of the number that a code was sent to. Empty before.
    pub(crate) ending: String,
}

impl Page for AccountDetailsPhone {
    const NAME: &'static str = "account_details_phone.html";

    fn values(&self) -> Value {
        let method = if self.ending.is_empty() { "phone" } else { "code" };
        let frame = frame(&self.user, "details", "account/details");
        context! { method, ending => self.ending.as_str(), ..context! { ..frame, ..self.gate.values() } }
    }
}

impl Replaceable for AccountDetailsPhone {
    const PURPOSE: &'static str = "Asks for a new phone number, then for the code that was sent to it.";
    const SOURCE: &'static str = source!("pages/account_details_phone.html");

    fn samples() -> Vec<(&'static str, Self)> {
        let page = |gate, ending: &str| Self { gate, user: Person::sample(), ending: ending.to_owned() };
        let wrong = [("code", "That code is incorrect or has expired. Request a new one.")];
        vec![
            ("", page(Gate::default(), "")),
            ("no text messages", page(Gate { problem: "away", ..Gate::default() }, "")),
            ("code", page(Gate::default(), "43")),
            ("wrong code", page(Gate::refused(&wrong), "43")),
        ]
    }
}
