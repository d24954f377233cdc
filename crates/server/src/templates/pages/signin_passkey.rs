use minijinja::{Value, context, value::Serde};

use super::{Gate, Page, Person, Replaceable};

/// Offers a passkey after a sign-in.
pub(crate) struct SigninPasskey {
    pub(crate) gate: Gate,
    pub(crate) user: Person,
}

impl Page for SigninPasskey {
    const NAME: &'static str = "signin_passkey.html";
    const USES_PASSKEYS: bool = true;

    fn values(&self) -> Value {
        context! { user => Value::from(Serde(&self.user)), ..self.gate.values() }
    }
}

impl Replaceable for SigninPasskey {
    const PURPOSE: &'static str = "Offers a passkey after a sign-in.";
    const SOURCE: &'static str = source!("pages/signin_passkey.html");

    fn samples() -> Vec<(&'static str, Self)> {
        let page = |gate| Self { gate: Gate { action: "#".to_owned(), ..gate }, user: Person::sample() };
        vec![
            ("", page(Gate::default())),
            ("refused", page(Gate { problem: "passkey", ..Gate::default() })),
            ("created", page(Gate { done: "created", ..Gate::default() })),
        ]
    }
}
