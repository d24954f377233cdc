use minijinja::{Value, context};

use super::{Page, Replaceable};

/// Shown when the link of a verification mail has worked.
pub(crate) struct EmailVerified {
    /// First name of the account; empty when it is not known.
    pub(crate) name: String,
}

impl Page for EmailVerified {
    const NAME: &'static str = "email_verified.html";

    fn values(&self) -> Value {
        context! { name => self.name.as_str() }
    }
}

impl Replaceable for EmailVerified {
    const PURPOSE: &'static str = "The address is confirmed.";
    const SOURCE: &'static str = source!("pages/email_verified.html");

    fn samples() -> Vec<(&'static str, Self)> {
        vec![("", Self { name: "John".to_owned() }), ("nameless", Self { name: String::new() })]
    }
}
