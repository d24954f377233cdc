//! The random value that only one browser has, stored in a cookie. State that pages carry in their URLs is sealed for
//! it.

use std::time::Duration;

use axum::response::Response;
use data_encoding::BASE64URL_NOPAD;

use super::Visit;
use crate::http::state::AppState;

/// Lifetime of the cookie.
const KEPT_FOR: Duration = Duration::from_secs(24 * 3600);
/// Minimum length of a value.
const SHORTEST: usize = 20;

/// Random value that only one browser has.
pub(in crate::http) struct BrowserValue {
    text: String,
    is_new: bool,
}

impl BrowserValue {
    pub(super) fn text(&self) -> &str {
        &self.text
    }
}

impl Visit {
    /// Returns the value of this browser, or a new one if it has none. The response must keep it.
    pub(super) fn browser_value(&self) -> BrowserValue {
        match self.browser_if_any().filter(|value| value.len() >= SHORTEST) {
            Some(value) => BrowserValue { text: value.to_owned(), is_new: false },
            None => self.new_browser_value(),
        }
    }

    /// Returns a new value. State that was sealed for the value before becomes invalid when the response keeps the new
    /// one.
    pub(super) fn new_browser_value(&self) -> BrowserValue {
        BrowserValue { text: BASE64URL_NOPAD.encode(&self.request.ctx.bytes::<16>()), is_new: true }
    }

    /// Stores a new value in the browser.
    pub(in crate::http) fn keep_browser(&self, state: &AppState, response: &mut Response, browser: &BrowserValue) {
        if browser.is_new {
            self.set_cookie(state, response, "browser", browser.text(), Some(KEPT_FOR));
        }
    }
}
