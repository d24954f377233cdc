use minijinja::{Value, context};

use portcullis_core::error::catalogue::PASSWORD_TOO_SHORT;

use super::{Page, Replaceable};

/// The form for a new password.
pub(crate) struct Reset<'a> {
    token: &'a str,
    /// Target of the form, relative so that it works behind any proxy.
    reset_url: String,
    /// Reason why the last attempt was rejected, as a sentence. Empty at first.
    error: &'a str,
}

impl<'a> Reset<'a> {
    /// Creates the form for this token.
    pub(crate) fn new(token: &'a str, error: &'a str) -> Self {
        let encoded: String = form_urlencoded::byte_serialize(token.as_bytes()).collect();
        Self { token, reset_url: format!("reset_password?token={encoded}"), error }
    }
}

impl Page for Reset<'_> {
    const NAME: &'static str = "reset.html";

    fn values(&self) -> Value {
        context! { token => self.token, reset_url => self.reset_url.as_str(), error => self.error }
    }
}

impl Replaceable for Reset<'_> {
    const PURPOSE: &'static str = "The form for choosing a new password.";
    const SOURCE: &'static str = source!("pages/reset.html");

    fn samples() -> Vec<(&'static str, Self)> {
        let refused = PASSWORD_TOO_SHORT.detail;
        vec![("", Self::new("token", "")), ("refused", Self::new("token", refused))]
    }
}
