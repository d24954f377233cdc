use minijinja::{Value, context};

use super::{Page, Replaceable};

/// Asks for confirmation before an email address is changed. Contains a single button.
pub(crate) struct EmailChange<'a> {
    /// Secret from the opened link.
    pub(crate) token: &'a str,
    /// The new address.
    pub(crate) email: &'a str,
}

impl Page for EmailChange<'_> {
    const NAME: &'static str = "email_change.html";

    fn values(&self) -> Value {
        context! { token => self.token, email => self.email, verification_url => "verify" }
    }
}

impl Replaceable for EmailChange<'_> {
    const PURPOSE: &'static str =
        "Opened from the email to a new address: one button that changes the account's email address.";
    const SOURCE: &'static str = source!("pages/email_change.html");

    fn samples() -> Vec<(&'static str, Self)> {
        vec![("", Self { token: "token", email: "john@example.org" })]
    }
}
