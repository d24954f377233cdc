use minijinja::{Value, context};

use super::{Gate, Page, Person, Replaceable, account::frame};

/// Export and deletion of the account.
pub(crate) struct AccountData {
    pub(crate) gate: Gate,
    pub(crate) user: Person,
}

impl Page for AccountData {
    const NAME: &'static str = "account_data.html";

    fn values(&self) -> Value {
        context! { ..frame(&self.user, "data", "account"), ..self.gate.values() }
    }
}

impl Replaceable for AccountData {
    const PURPOSE: &'static str = "Export and deletion of the account.";
    const SOURCE: &'static str = source!("pages/account_data.html");

    fn samples() -> Vec<(&'static str, Self)> {
        vec![("", Self { gate: Gate::default(), user: Person::sample() })]
    }
}
