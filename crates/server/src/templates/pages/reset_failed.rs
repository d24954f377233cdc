use minijinja::{Value, context};

use super::{Page, Replaceable, SAMPLE_ERROR};

/// Shown when a password reset link is rejected.
pub(crate) struct ResetFailed<'a> {
    /// Reason as a sentence.
    pub(crate) error: &'a str,
}

impl Page for ResetFailed<'_> {
    const NAME: &'static str = "reset_failed.html";

    fn values(&self) -> Value {
        context! { error => self.error }
    }
}

impl Replaceable for ResetFailed<'_> {
    const PURPOSE: &'static str = "A password reset link was rejected.";
    const SOURCE: &'static str = source!("pages/reset_failed.html");

    fn samples() -> Vec<(&'static str, Self)> {
        vec![("", Self { error: SAMPLE_ERROR })]
    }
}
