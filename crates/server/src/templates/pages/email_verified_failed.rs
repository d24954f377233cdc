use minijinja::{Value, context};

use super::{Page, Replaceable, SAMPLE_ERROR};

/// Shown when a verification link is rejected.
pub(crate) struct EmailVerifiedFailed<'a> {
    /// Reason as a sentence.
    pub(crate) error: &'a str,
}

impl Page for EmailVerifiedFailed<'_> {
    const NAME: &'static str = "email_verified_failed.html";

    fn values(&self) -> Value {
        context! { error => self.error }
    }
}

impl Replaceable for EmailVerifiedFailed<'_> {
    const PURPOSE: &'static str = "A verification link was rejected.";
    const SOURCE: &'static str = source!("pages/email_verified_failed.html");

    fn samples() -> Vec<(&'static str, Self)> {
        vec![("", Self { error: SAMPLE_ERROR })]
    }
}
