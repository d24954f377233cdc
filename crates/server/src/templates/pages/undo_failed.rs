use minijinja::{Value, context};

use super::{Page, Replaceable, SAMPLE_ERROR};

/// Shown when an undo link is rejected.
pub(crate) struct UndoFailed<'a> {
    /// Reason as a sentence.
    pub(crate) error: &'a str,
}

impl Page for UndoFailed<'_> {
    const NAME: &'static str = "undo_failed.html";

    fn values(&self) -> Value {
        context! { error => self.error }
    }
}

impl Replaceable for UndoFailed<'_> {
    const PURPOSE: &'static str = "An undo link was rejected.";
    const SOURCE: &'static str = source!("pages/undo_failed.html");

    fn samples() -> Vec<(&'static str, Self)> {
        vec![("", Self { error: SAMPLE_ERROR })]
    }
}
