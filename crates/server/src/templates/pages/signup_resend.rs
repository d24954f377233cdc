use minijinja::{Value, context, value::Serde};

use super::{Gate, Page, Person, Replaceable};

/// Confirms that an email was sent, and offers to resend it.
#[derive(Default)]
pub(crate) struct SignupResend {
    pub(crate) gate: Gate,
    /// Recipient. If it is `None`, the page asks for the address.
    pub(crate) user: Option<Person>,
    /// Purpose of the email: `registration` or `reset`.
    pub(crate) what: &'static str,
    /// Whether the development mailbox receives the email.
    pub(crate) mailbox: bool,
}

impl Page for SignupResend {
    const NAME: &'static str = "signup_resend.html";

    fn values(&self) -> Value {
        let user = Value::from(Serde(&self.user));
        context! { user, what => self.what, mailbox => self.mailbox, ..self.gate.values() }
    }
}

impl Replaceable for SignupResend {
    const PURPOSE: &'static str = "Confirms that an email will arrive, and sends it again.";
    const SOURCE: &'static str = source!("pages/signup_resend.html");

    fn samples() -> Vec<(&'static str, Self)> {
        let page = |what, gate| Self { gate, user: Some(Person::sample()), what, mailbox: false };
        let asks = |gate| Self { user: None, ..page("registration", gate) };
        vec![
            ("", page("registration", Gate::default())),
            ("sent again", page("registration", Gate { done: "sent", ..Gate::default() })),
            ("reset", page("reset", Gate::default())),
            ("in development", Self { mailbox: true, ..page("registration", Gate::default()) }),
            ("which address", asks(Gate::default())),
            ("no address", asks(Gate::refused(&[("email", "Enter your email address")]))),
        ]
    }
}
