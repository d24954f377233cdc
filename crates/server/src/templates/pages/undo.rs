use minijinja::{Value, context};

use super::{Page, Replaceable};

/// Asks for confirmation before something is undone. Contains a single button.
pub(crate) struct Undo<'a> {
    /// Secret from the opened link.
    pub(crate) token: &'a str,
    /// `registration`, `email`, `password` or `factor`.
    pub(crate) what: &'static str,
}

impl Page for Undo<'_> {
    const NAME: &'static str = "undo.html";

    fn values(&self) -> Value {
        context! { token => self.token, what => self.what, undo_url => "undo" }
    }
}

impl Replaceable for Undo<'_> {
    const PURPOSE: &'static str = "Opened from an undo link: one button.";
    const SOURCE: &'static str = source!("pages/undo.html");

    fn samples() -> Vec<(&'static str, Self)> {
        let page = |what| Self { token: "token", what };
        vec![
            ("", page("registration")),
            ("address", page("email")),
            ("password", page("password")),
            ("factor", page("factor")),
        ]
    }
}
