use minijinja::{Value, context};

use super::{Gate, Page, Replaceable};

/// Asks for the address to send a password reset link to.
#[derive(Default)]
pub(crate) struct SigninForgot {
    pub(crate) gate: Gate,
    /// Lifetime of the link, in words.
    pub(crate) valid_for: String,
}

impl Page for SigninForgot {
    const NAME: &'static str = "signin_forgot.html";

    fn values(&self) -> Value {
        context! { valid_for => self.valid_for.as_str(), ..self.gate.values() }
    }
}

impl Replaceable for SigninForgot {
    const PURPOSE: &'static str = "Asks for the address to which a link for a new password is sent.";
    const SOURCE: &'static str = source!("pages/signin_forgot.html");

    fn samples() -> Vec<(&'static str, Self)> {
        let page = |gate| Self { gate, valid_for: "30 minutes".to_owned() };
        vec![
            ("", page(Gate::default())),
            ("no address", page(Gate::refused(&[("email", "Enter your email address")]))),
            ("wait", page(Gate::wrong("wait"))),
        ]
    }
}
