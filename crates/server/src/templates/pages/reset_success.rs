use minijinja::{Value, context};

use super::{Page, Replaceable};

/// Shown after a new password was saved.
pub(crate) struct ResetSuccess;

impl Page for ResetSuccess {
    const NAME: &'static str = "reset_success.html";

    fn values(&self) -> Value {
        context! {}
    }
}

impl Replaceable for ResetSuccess {
    const PURPOSE: &'static str = "The password was changed.";
    const SOURCE: &'static str = source!("pages/reset_success.html");

    fn samples() -> Vec<(&'static str, Self)> {
        vec![("", Self)]
    }
}
