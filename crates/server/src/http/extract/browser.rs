use std::convert::Infallible;

use axum::{
    extract::FromRequestParts,
    http::{
        HeaderMap, HeaderName, HeaderValue, Method,
        header::{ACCEPT, USER_AGENT},
        request::Parts,
    },
};

use super::accept::Accepted;

const PURPOSE: HeaderName = HeaderName::from_static("purpose");
const SEC_FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const SEC_PURPOSE: HeaderName = HeaderName::from_static("sec-purpose");

/// Properties of the client derived from request headers. Mail scanners open links like browsers do, so opening a
/// link in a browser must not change anything.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts of a request")]
pub(in crate::http) struct Browser {
    accepted: Accepted,
    is_head: bool,
    is_navigation: bool,
    /// Whether the request has a header that only browsers send, or a browser's user agent.
    is_browser: bool,
    has_browser_agent: bool,
    is_prefetch: bool,
    is_cross_site: bool,
}

impl Browser {
    pub(in crate::http) fn of(method: &Method, headers: &HeaderMap) -> Self {
        let is = |name: &HeaderName, value: &str| headers.get(name).is_some_and(|given| given == value);
        let agent = headers.get(USER_AGENT).map(HeaderValue::as_bytes);
        let has_browser_agent = agent.is_some_and(|agent| agent.starts_with(b"Mozilla/"));
        let purpose = headers.get(PURPOSE).map(HeaderValue::as_bytes);
        Self {
            accepted: Accepted::of(headers.get_all(ACCEPT)),
            is_head: method == Method::HEAD,
            is_navigation: is(&SEC_FETCH_MODE, "navigate"),
            is_browser: has_browser_agent || headers.contains_key(SEC_FETCH_MODE),
            has_browser_agent,
            is_prefetch: headers.contains_key(SEC_PURPOSE)
                || purpose.is_some_and(|purpose| purpose.to_ascii_lowercase().starts_with(b"prefetch")),
            is_cross_site: is(&SEC_FETCH_SITE, "cross-site"),
        }
    }

    /// Returns whether opening a link may consume it: the client is not a browser, or it requests JSON.
    pub(in crate::http) const fn may_act(&self) -> bool {
        let looks_like_one = self.accepted.prefers_html() || self.is_navigation || self.has_browser_agent;
        !self.is_prefetch && !self.is_head && (self.accepted.names_json() || !looks_like_one)
    }

    /// Returns whether a page may submit its form automatically. Prefetched pages must not.
    pub(in crate::http) const fn may_submit(&self) -> bool {
        !self.is_prefetch
    }

    /// Returns whether the request came from another site.
    pub(in crate::http) const fn is_cross_site(&self) -> bool {
        self.is_cross_site
    }

    /// Returns whether the response may set a cookie: the client is a browser, and the request was not caused by
    /// another site.
    pub(in crate::http) const fn keeps_cookies(&self) -> bool {
        self.is_browser && !self.is_cross_site
    }
}

impl<S: Sync> FromRequestParts<S> for Browser {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.method, &parts.headers))
    }
}
