use minijinja::{Value, context};

use super::{Page, Replaceable, SAMPLE_ERROR};

/// Shown when the link that discards a registration is refused.
pub(crate) struct UndoFailed<'a> {
    /// Reason, as a sentence.
    pub(crate) error: &'a str,
}

impl Page for UndoFailed<'_> {
    const NAME: &'static str = "undo_failed.html";

    fn values(&self) -> Value {
        context! { error => self.error }
    }
}

impl Replaceable for UndoFailed<'_> {
    const PURPOSE: &'static str = "There was nothing to discard.";
    const SOURCE: &'static str = source!("pages/undo_failed.html");

    fn samples() -> Vec<(&'static str, Self)> {
        vec![("", Self { error: SAMPLE_ERROR })]
    }
}
