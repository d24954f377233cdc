use minijinja::{Value, context};

use super::{Page, Replaceable};

/// Script that submits the page's form.
pub(crate) const ACTIVATE_SCRIPT: &str = source!("pages/activate.js");

/// Asks for confirmation before a verification link activates the account. Contains a single button.
pub(crate) struct EmailVerify<'a> {
    /// Secret from the opened link.
    pub(crate) token: &'a str,
    /// Email address of the registration.
    pub(crate) email: &'a str,
    /// Link that discards the registration.
    pub(crate) undo_url: &'a str,
    /// Whether the page submits its form automatically.
    pub(crate) is_submitted: bool,
}

impl Page for EmailVerify<'_> {
    const NAME: &'static str = "email_verify.html";

    fn values(&self) -> Value {
        context! {
            token => self.token,
            email => self.email,
            verification_url => "verify",
            undo_url => self.undo_url,
            is_submitted => self.is_submitted,
        }
    }
}

impl Replaceable for EmailVerify<'_> {
    const PURPOSE: &'static str = "A verification link opened in a browser: one button that activates the account.";
    const SOURCE: &'static str = source!("pages/email_verify.html");

    fn samples() -> Vec<(&'static str, Self)> {
        let page = |is_submitted| Self {
            token: "token",
            email: "john@example.com",
            undo_url: "undo?token=token",
            is_submitted,
        };
        vec![("", page(false)), ("in the browser of the sign-up", page(true))]
    }
}
