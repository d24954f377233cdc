use minijinja::{Value, context};

use super::{Gate, Page, Person, Replaceable, account::frame};

/// Asks for a new address.
pub(crate) struct AccountDetailsEmail {
    pub(crate) gate: Gate,
    pub(crate) user: Person,
}

impl Page for AccountDetailsEmail {
    const NAME: &'static str = "account_details_email.html";

    fn values(&self) -> Value {
        context! { ..frame(&self.user, "details", "account/details"), ..self.gate.values() }
    }
}

impl Replaceable for AccountDetailsEmail {
    const PURPOSE: &'static str = "Asks for a new email address.";
    const SOURCE: &'static str = source!("pages/account_details_email.html");

    fn samples() -> Vec<(&'static str, Self)> {
        let page = |gate| Self { gate, user: Person::sample() };
        let wrong = [("email", "Choose an email address different from your current one")];
        vec![("", page(Gate::default())), ("refused", page(Gate::refused(&wrong))), ("wait", page(Gate::wrong("wait")))]
    }
}
