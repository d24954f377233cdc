use minijinja::{Value, context};

use super::{Page, Replaceable};

/// Script that presses the button of the page.
pub(crate) const ACTIVATE_SCRIPT: &str = source!("pages/activate.js");

/// Asks before the link of a verification mail activates the account: one button.
pub(crate) struct EmailVerify<'a> {
    /// Secret of the link that was opened.
    pub(crate) token: &'a str,
    /// Address of the registration.
    pub(crate) email: &'a str,
    /// Link that discards the registration.
    pub(crate) undo_url: &'a str,
    /// Whether the page presses its button by itself.
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
    const PURPOSE: &'static str =
        "The link of a verification mail, opened in a browser: one button that activates the account.";
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
