use minijinja::{Value, context};

use super::{Gate, Page, Person, Replaceable, account::frame};

/// Adds a passkey or security key.
pub(crate) struct AccountSecurityPasskey {
    pub(crate) gate: Gate,
    pub(crate) user: Person,
    /// Whether it is a security key, which is only a second factor.
    pub(crate) is_key: bool,
}

impl Page for AccountSecurityPasskey {
    const NAME: &'static str = "account_security_passkey.html";
    const USES_PASSKEYS: bool = true;

    fn values(&self) -> Value {
        context! {
            key => self.is_key,
            ..context! { ..frame(&self.user, "security", "account/security"), ..self.gate.values() }
        }
    }
}

impl Replaceable for AccountSecurityPasskey {
    const PURPOSE: &'static str = "Adds a passkey or security key.";
    const SOURCE: &'static str = source!("pages/account_security_passkey.html");

    fn samples() -> Vec<(&'static str, Self)> {
        let page = |is_key, problem| Self {
            gate: Gate { action: "#".to_owned(), problem, ..Gate::default() },
            user: Person::sample(),
            is_key,
        };
        vec![
            ("", page(false, "")),
            ("security key", page(true, "")),
            ("refused", page(false, "passkey")),
            ("there already", page(true, "exists")),
        ]
    }
}
