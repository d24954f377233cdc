use minijinja::{Value, context};

use super::{Page, Replaceable};

/// Asks before a registration is discarded: one button.
pub(crate) struct Undo<'a> {
    /// Secret of the link that was opened.
    pub(crate) token: &'a str,
}

impl Page for Undo<'_> {
    const NAME: &'static str = "undo.html";

    fn values(&self) -> Value {
        context! { token => self.token, undo_url => "undo" }
    }
}

impl Replaceable for Undo<'_> {
    const PURPOSE: &'static str = "The link \"this was not me\": one button.";
    const SOURCE: &'static str = source!("pages/undo.html");

    fn samples() -> Vec<(&'static str, Self)> {
        vec![("", Self { token: "token" })]
    }
}
