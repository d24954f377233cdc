use minijinja::{Value, context, value::Serde};

use super::{Gate, Page, Person, Replaceable};

/// Asks whether to delete the account.
pub(crate) struct AccountDataDelete {
    pub(crate) gate: Gate,
    pub(crate) user: Person,
    /// Whether to ask for the password.
    pub(crate) asks_password: bool,
}

impl Page for AccountDataDelete {
    const NAME: &'static str = "account_data_delete.html";

    fn values(&self) -> Value {
        let (user, offers) = (Value::from(Serde(&self.user)), context! { password => self.asks_password });
        context! { user, offers, ..self.gate.values() }
    }
}

impl Replaceable for AccountDataDelete {
    const PURPOSE: &'static str = "Asks whether to delete the account.";
    const SOURCE: &'static str = source!("pages/account_data_delete.html");

    fn samples() -> Vec<(&'static str, Self)> {
        let page = |gate, asks_password| Self { gate, user: Person::sample(), asks_password };
        let wrong = [("current_password", "Your current password is incorrect")];
        vec![
            ("", page(Gate::default(), true)),
            ("wrong password", page(Gate::refused(&wrong), true)),
            ("two-step", page(Gate::default(), false)),
        ]
    }
}
