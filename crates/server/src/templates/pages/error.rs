use std::time::Duration;

use minijinja::{Value, context};
use portcullis_core::error::catalogue::{CROSS_SITE, LIMITED, NOT_FOUND, TOKEN_MISSING, UNAVAILABLE};

use super::{Page, Replaceable};
use crate::templates::mails::in_words;

/// Shown to browsers instead of a problem document.
pub(crate) struct ErrorPage<'a> {
    pub(crate) status: u16,
    /// Public text of the error.
    pub(crate) error: &'a str,
    /// Time after which the request can be retried, if known.
    pub(crate) wait: Option<Duration>,
    pub(crate) request_id: &'a str,
}

impl Page for ErrorPage<'_> {
    const NAME: &'static str = "error.html";

    fn values(&self) -> Value {
        let long = self.wait.filter(|wait| *wait > Duration::from_secs(1));
        let (wait, wait_seconds) = (long.map(in_words).unwrap_or_default(), long.map_or(0, |wait| wait.as_secs()));
        context! { status => self.status, heading => self.heading(), error => self.error, wait, wait_seconds, request_id => self.request_id }
    }
}

impl ErrorPage<'_> {
    const fn heading(&self) -> &'static str {
        match self.status {
            404 => "Page not found",
            429 => "Too many attempts",
            500.. => "We'll be right back",
            _ => "Something went wrong with this request",
        }
    }
}

impl Replaceable for ErrorPage<'_> {
    const PURPOSE: &'static str =
        "Error page for browsers: not found, not allowed, too many requests, or a server error.";
    const SOURCE: &'static str = source!("pages/error.html");

    fn samples() -> Vec<(&'static str, Self)> {
        let page = |status, error, wait| Self { status, error, wait, request_id: "c7r3k1nq0v5t8a2m4e6g9h1j3d" };
        vec![
            ("not found", page(404, NOT_FOUND.detail, None)),
            ("not signed in", page(401, TOKEN_MISSING.detail, None)),
            ("other site", page(403, CROSS_SITE.detail, None)),
            ("limited", page(429, LIMITED.detail, Some(Duration::from_secs(240)))),
            ("unavailable", page(503, UNAVAILABLE.detail, Some(Duration::from_secs(1)))),
        ]
    }
}
