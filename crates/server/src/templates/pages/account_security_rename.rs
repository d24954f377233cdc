use std::collections::BTreeMap;

use minijinja::{Value, context};

use super::{Gate, Page, Person, Replaceable, account::frame};

/// Asks for a new name of a passkey.
pub(crate) struct AccountSecurityRename {
    pub(crate) gate: Gate,
    pub(crate) user: Person,
}

impl Page for AccountSecurityRename {
    const NAME: &'static str = "account_security_rename.html";

    fn values(&self) -> Value {
        context! { ..frame(&self.user, "security", "account/security"), ..self.gate.values() }
    }
}

impl Replaceable for AccountSecurityRename {
    const PURPOSE: &'static str = "Asks for another name of a passkey or security key.";
    const SOURCE: &'static str = source!("pages/account_security_rename.html");

    fn samples() -> Vec<(&'static str, Self)> {
        let form = BTreeMap::from([("name", "Firefox on Linux".to_owned())]);
        let page = |gate| Self { gate, user: Person::sample() };
        vec![
            ("", page(Gate { action: "#".to_owned(), form, ..Gate::default() })),
            ("refused", page(Gate::refused(&[("name", "Enter a name of 1 to 64 characters")]))),
        ]
    }
}
