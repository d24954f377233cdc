//! Cookies of the server. They are sent to this host only, hidden from scripts, and omitted from cross-site forms.

use std::time::Duration;

use axum::{
    http::{
        HeaderMap, HeaderValue,
        header::{COOKIE, SET_COOKIE},
    },
    response::Response,
};

use crate::http::state::AppState;

/// Name of a cookie without and with the https prefix, which prevents other hosts from setting it (RFC 6265bis
/// §4.1.3.2).
#[derive(Clone, Copy, Debug)]
pub(super) struct CookieName(pub(super) &'static str, pub(super) &'static str);

/// Returns the name of a realm's cookie. On https it has the prefix.
pub(super) fn of_realm(state: &AppState, name: &str, realm: &str) -> String {
    let prefix = if state.info.is_https { "__Host-" } else { "" };
    format!("{prefix}portcullis_{name}_{realm}")
}

/// Returns the value of a cookie. Cookies of other applications may be in any encoding.
pub(super) fn value(name: &str, headers: &HeaderMap) -> Option<String> {
    let mut pairs = headers.get_all(COOKIE).into_iter().flat_map(|line| line.as_bytes().split(|byte| *byte == b';'));
    pairs.find_map(|pair| {
        let value = pair.trim_ascii().strip_prefix(name.as_bytes())?.strip_prefix(b"=")?;
        std::str::from_utf8(value).ok().map(str::to_owned)
    })
}

/// Returns the cookies with this name prefix, by the rest of their names.
pub(super) fn beginning_with(prefix: &str, headers: &HeaderMap) -> Vec<(String, String)> {
    let pairs = headers.get_all(COOKIE).into_iter().flat_map(|line| line.as_bytes().split(|byte| *byte == b';'));
    let named =
        pairs.filter_map(|pair| std::str::from_utf8(pair.trim_ascii()).ok()?.strip_prefix(prefix)?.split_once('='));
    named.map(|(rest, value)| (rest.to_owned(), value.to_owned())).collect()
}

/// Sets a cookie. Without a lifetime, it ends when the browser closes. A lifetime of zero removes it.
pub(super) fn set(state: &AppState, response: &mut Response, name: &str, value: &str, lifetime: Option<Duration>) {
    put(state, response, (name, value, "Lax"), lifetime);
}

fn put(state: &AppState, response: &mut Response, (name, value, site): (&str, &str, &str), lifetime: Option<Duration>) {
    let secure = if state.info.is_https { "; Secure" } else { "" };
    let age = lifetime.map(|age| format!("; Max-Age={}", age.as_secs())).unwrap_or_default();
    let cookie = format!("{name}={value}; Path=/{age}; HttpOnly; SameSite={site}{secure}");
    if let Ok(mut cookie) = HeaderValue::from_str(&cookie) {
        cookie.set_sensitive(true);
        response.headers_mut().append(SET_COOKIE, cookie);
    }
}

impl CookieName {
    const fn of(self, is_https: bool) -> &'static str {
        if is_https { self.1 } else { self.0 }
    }

    /// Returns the cookie's value.
    pub(super) fn value(self, state: &AppState, headers: &HeaderMap) -> Option<String> {
        value(self.of(state.info.is_https), headers)
    }

    /// Sets the cookie.
    pub(super) fn set(self, state: &AppState, mut response: Response, value: &str, lifetime: Duration) -> Response {
        set(state, &mut response, self.of(state.info.is_https), value, Some(lifetime));
        response
    }

    /// Sets a cookie that browsers omit from all cross-site requests.
    pub(super) fn set_strict(
        self,
        state: &AppState,
        mut response: Response,
        value: &str,
        lifetime: Duration,
    ) -> Response {
        put(state, &mut response, (self.of(state.info.is_https), value, "Strict"), Some(lifetime));
        response
    }
}
