use minijinja::{Value, context};

use super::{Page, Replaceable, SAMPLE_ERROR};

/// Shown when the link of a reset mail is refused.
pub(crate) struct ResetFailed<'a> {
    /// Reason, as a sentence.
    pub(crate) error: &'a str,
}

impl Page for ResetFailed<'_> {
    const NAME: &'static str = "reset_failed.html";

    fn values(&self) -> Value {
        context! { error => self.error }
    }
}

impl Replaceable for ResetFailed<'_> {
    const PURPOSE: &'static str = "The link for a new password did not work.";
    const SOURCE: &'static str = source!("pages/reset_failed.html");

    fn samples() -> Vec<(&'static str, Self)> {
        vec![("", Self { error: SAMPLE_ERROR })]
    }
}
