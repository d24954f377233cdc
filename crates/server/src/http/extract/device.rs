use std::convert::Infallible;

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderValue, header::COOKIE, header::SET_COOKIE, request::Parts},
    response::Response,
};
use portcullis_core::{service::RawField, session::device::DEVICE_LIFETIME};

use crate::http::state::AppState;

/// The cookie of a known device, which has logged in before.
#[derive(Debug)]
pub(in crate::http) struct DeviceCookie {
    value: Option<String>,
    /// Whether another site made the browser send the request. Such a request must not change the cookie.
    is_cross_site: bool,
}

impl DeviceCookie {
    /// Returns the value of the cookie.
    pub(in crate::http) fn value(&self) -> RawField {
        self.value.clone().map_or(RawField::Missing, RawField::from)
    }

    /// Sets the cookie to the name of the device.
    pub(in crate::http) fn set(&self, mut response: Response, state: &AppState, device: &str) -> Response {
        if self.is_cross_site {
            return response;
        }
        let name = cookie_name(state.info.is_https);
        let secure = if state.info.is_https { "; Secure" } else { "" };
        let age = DEVICE_LIFETIME.as_secs();
        let cookie = format!("{name}={device}; Path=/; Max-Age={age}; HttpOnly; SameSite=Lax{secure}");
        if let Ok(mut cookie) = HeaderValue::from_str(&cookie) {
            cookie.set_sensitive(true);
            response.headers_mut().append(SET_COOKIE, cookie);
        }
        response
    }
}

impl FromRequestParts<AppState> for DeviceCookie {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Infallible> {
        let value = cookie(&parts.headers, cookie_name(state.info.is_https));
        let site = parts.headers.get("sec-fetch-site").map(HeaderValue::as_bytes);
        Ok(Self { value, is_cross_site: site == Some(b"cross-site") })
    }
}

/// Returns the name of the cookie. With the prefix no other host can set it (RFC 6265bis §4.1.3.2).
const fn cookie_name(is_https: bool) -> &'static str {
    if is_https { "__Host-portcullis_device" } else { "portcullis_device" }
}

/// Returns the value of a cookie. Bytes, not text: the cookie of another application may be in any encoding.
fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let mut pairs = headers.get_all(COOKIE).into_iter().flat_map(|line| line.as_bytes().split(|byte| *byte == b';'));
    pairs.find_map(|pair| {
        let value = pair.trim_ascii().strip_prefix(name.as_bytes())?.strip_prefix(b"=")?;
        std::str::from_utf8(value).ok().map(str::to_owned)
    })
}
