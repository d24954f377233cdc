use minijinja::{Value, context};

use super::{Gate, Page, Replaceable};

/// Signs in by email: asks for the address, then for the code, or shows the button of the emailed link.
#[derive(Default)]
pub(crate) struct SigninCode {
    pub(crate) gate: Gate,
    /// Stage: `address`, `code` or `link`; `spent` if the link is invalid.
    pub(crate) stage: &'static str,
    /// Address that the code was sent to, or that the link signs in.
    pub(crate) email: String,
}

impl Page for SigninCode {
    const NAME: &'static str = "signin_code.html";

    fn values(&self) -> Value {
        context! { stage => self.stage, email => self.email.as_str(), ..self.gate.values() }
    }
}

impl Replaceable for SigninCode {
    const PURPOSE: &'static str = "Signs in with an emailed code or link.";
    const SOURCE: &'static str = source!("pages/signin_code.html");

    fn samples() -> Vec<(&'static str, Self)> {
        let page = |stage, gate| Self { gate, stage, email: "robin.larch@example.com".to_owned() };
        let wrong = [("code", "That code is incorrect or has expired. Request a new one.")];
        vec![
            ("", page("address", Gate::default())),
            ("no address", page("address", Gate::refused(&[("email", "Enter your email address")]))),
            ("wait", page("address", Gate::wrong("wait"))),
            ("code", page("code", Gate::default())),
            ("sent again", page("code", Gate { done: "sent", ..Gate::default() })),
            ("wrong code", page("code", Gate::refused(&wrong))),
            ("link", page("link", Gate::default())),
            ("spent", page("spent", Gate::default())),
        ]
    }
}
