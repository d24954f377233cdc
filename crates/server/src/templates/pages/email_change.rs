use minijinja::{Value, context};

use super::{Page, Replaceable};

/// Asks before the link of a new address replaces that of a user: one button.
pub(crate) struct EmailChange<'a> {
    /// Secret of the link that was opened.
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
    const PURPOSE: &'static str = "The link of a new address: one button that replaces the address of the account.";
    const SOURCE: &'static str = source!("pages/email_change.html");

    fn samples() -> Vec<(&'static str, Self)> {
        vec![("", Self { token: "token", email: "john@example.org" })]
    }
}
