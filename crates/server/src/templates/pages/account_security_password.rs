use minijinja::{Value, context};

use super::{Gate, Page, Person, Replaceable, account::frame};

/// Asks for the current password and a new one.
pub(crate) struct AccountSecurityPassword {
    pub(crate) gate: Gate,
    pub(crate) user: Person,
    /// Whether there is a current password to ask for.
    pub(crate) has_password: bool,
}

impl Page for AccountSecurityPassword {
    const NAME: &'static str = "account_security_password.html";

    fn values(&self) -> Value {
        context! {
            has_password => self.has_password,
            ..context! { ..frame(&self.user, "security", "account/security"), ..self.gate.values() }
        }
    }
}

impl Replaceable for AccountSecurityPassword {
    const PURPOSE: &'static str = "Asks for the current password and a new one.";
    const SOURCE: &'static str = source!("pages/account_security_password.html");

    fn samples() -> Vec<(&'static str, Self)> {
        let page = |gate| Self { gate, user: Person::sample(), has_password: true };
        let wrong = [("current_password", "Your current password is incorrect")];
        let short = [("new_password", "Use at least 8 characters")];
        vec![
            ("", page(Gate::default())),
            ("wrong password", page(Gate::refused(&wrong))),
            ("refused", page(Gate::refused(&short))),
            ("wait", page(Gate::wrong("wait"))),
            ("no password", Self { has_password: false, ..page(Gate::default()) }),
        ]
    }
}
