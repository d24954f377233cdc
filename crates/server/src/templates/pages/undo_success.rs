use minijinja::{Value, context};

use super::{Page, Replaceable};

/// Shown after something was undone.
pub(crate) struct UndoSuccess {
    /// `registration`, `email`, `password` or `factor`.
    pub(crate) what: &'static str,
}

impl Page for UndoSuccess {
    const NAME: &'static str = "undo_success.html";

    fn values(&self) -> Value {
        context! { what => self.what }
    }
}

impl Replaceable for UndoSuccess {
    const PURPOSE: &'static str = "The registration was cancelled, or the change was undone.";
    const SOURCE: &'static str = source!("pages/undo_success.html");

    fn samples() -> Vec<(&'static str, Self)> {
        let page = |what| Self { what };
        vec![
            ("", page("registration")),
            ("address", page("email")),
            ("password", page("password")),
            ("factor", page("factor")),
        ]
    }
}
