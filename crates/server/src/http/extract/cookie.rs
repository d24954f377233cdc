//! Cookies set by the server: for this host only, not readable by scripts, and not sent with forms of other sites.

use std::time::Duration;

use axum::{
    http::{
        HeaderMap, HeaderValue,
        header::{COOKIE, SET_COOKIE},
    },
    response::Response,
};

use crate::http::state::AppState;

/// Name of a cookie without and with the https prefix, which prevents other hosts from setting it (RFC 6265bis §4.1.3.2).
#[derive(Clone, Copy, Debug)]
pub(super) struct CookieName(pub(super) &'static str, pub(super) &'static str);

impl CookieName {
    const fn of(self, is_https: bool) -> &'static str {
        if is_https { self.1 } else { self.0 }
    }

    /// Returns the cookie's value. Cookies of other applications may be in any encoding.
    pub(super) fn value(self, state: &AppState, headers: &HeaderMap) -> Option<String> {
        let name = self.of(state.info.is_https);
        let mut pairs =
            headers.get_all(COOKIE).into_iter().flat_map(|line| line.as_bytes().split(|byte| *byte == b';'));
        pairs.find_map(|pair| {
            let value = pair.trim_ascii().strip_prefix(name.as_bytes())?.strip_prefix(b"=")?;
            std::str::from_utf8(value).ok().map(str::to_owned)
        })
    }

    /// Sets the cookie.
    pub(super) fn set(self, state: &AppState, mut response: Response, value: &str, lifetime: Duration) -> Response {
        let name = self.of(state.info.is_https);
        let secure = if state.info.is_https { "; Secure" } else { "" };
        let age = lifetime.as_secs();
        let cookie = format!("{name}={value}; Path=/; Max-Age={age}; HttpOnly; SameSite=Lax{secure}");
        if let Ok(mut cookie) = HeaderValue::from_str(&cookie) {
            cookie.set_sensitive(true);
            response.headers_mut().append(SET_COOKIE, cookie);
        }
        response
    }
}
