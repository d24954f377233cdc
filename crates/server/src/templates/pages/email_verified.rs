use minijinja::{Value, context};

use super::{Page, Replaceable};

/// Shown after an email address was verified.
pub(crate) struct EmailVerified {
    /// `registration`, or `email` for a new address of a user.
    pub(crate) what: &'static str,
}

impl Page for EmailVerified {
    const NAME: &'static str = "email_verified.html";

    fn values(&self) -> Value {
        // Kept for custom templates, but always empty, because the owner of the address has not signed in yet.
        context! { name => "", what => self.what }
    }
}

impl Replaceable for EmailVerified {
    const PURPOSE: &'static str = "The email address was confirmed.";
    const SOURCE: &'static str = source!("pages/email_verified.html");

    fn samples() -> Vec<(&'static str, Self)> {
        vec![("", Self { what: "registration" }), ("new address", Self { what: "email" })]
    }
}
