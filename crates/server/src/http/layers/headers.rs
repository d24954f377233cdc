//! Standard headers of all responses.

use axum::http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{
        CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
        VARY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
    },
};
use axum::response::Response;
use portcullis_core::{
    Ctx,
    limit::{LimitStatus, Usage},
    oauth::RedirectUri,
};

use crate::http::state::ServerInfo;

/// Policy for responses that are not pages: nothing is loaded or run.
const CSP_DATA: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
/// Policy for pages: the server's own stylesheet and forms, no scripts.
const CSP_PAGE: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'",
);
/// Policy for sign-in pages. Also allows the server's own script.
pub(in crate::http) const CSP_GATE: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; form-action 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'",
);
/// Policy for pages with a passkey script. Also allows requests to the server.
pub(in crate::http) const CSP_PASSKEYS: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'",
);
/// Policy of the dashboard. Only allows resources of this server.
pub(in crate::http) const CSP_DASHBOARD: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
);
/// Policy for developer pages. Also allows the server's own scripts and frames.
pub(in crate::http) const CSP_DEVELOPMENT: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; frame-src 'self'; form-action 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'",
);
const NO_OPENER_POLICY: HeaderValue = HeaderValue::from_static("unsafe-none");
const CROSS_ORIGIN_OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const CROSS_ORIGIN_RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");
const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Headers of every response.
const DEFAULTS: [(HeaderName, HeaderValue); 7] = [
    (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (CROSS_ORIGIN_OPENER_POLICY, HeaderValue::from_static("same-origin")),
    (CROSS_ORIGIN_RESOURCE_POLICY, HeaderValue::from_static("same-origin")),
    (PERMISSIONS_POLICY, HeaderValue::from_static("camera=(), geolocation=(), microphone=()")),
];
const VARYING: HeaderValue = HeaderValue::from_static("Authorization, Origin, Accept");
/// Upper bound of the number of headers in most responses.
const ROOM: usize = 20;

/// Sets the default headers. Headers set by the route are kept, so a route can have a looser policy.
pub(in crate::http) fn protect(info: &ServerInfo, in_realm: bool, ctx: &Ctx, usage: &Usage, headers: &mut HeaderMap) {
    let is_page = headers.get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    // Reserving space for all headers avoids repeated moves.
    headers.reserve(ROOM);
    default(headers, CONTENT_SECURITY_POLICY, if is_page { CSP_PAGE } else { CSP_DATA });
    for (name, value) in DEFAULTS {
        default(headers, name, value);
    }
    // Asked for by a page that returns to an application. A redirect shows nothing, and the popup of an application
    // passes some.
    if headers.get(CROSS_ORIGIN_OPENER_POLICY) == Some(&NO_OPENER_POLICY) || headers.contains_key(LOCATION) {
        headers.remove(CROSS_ORIGIN_OPENER_POLICY);
    }
    if let Some(policy) = &info.hsts {
        default(headers, STRICT_TRANSPORT_SECURITY, policy.clone());
    }
    if in_realm {
        default(headers, VARY, VARYING);
    }
    tell_limits(headers, usage);
    if let Ok(id) = HeaderValue::from_str(ctx.request_id.as_str()) {
        headers.insert(X_REQUEST_ID, id);
    }
}

/// Allows a popup to access its opener, which waits for the response to an application.
pub(in crate::http) fn keep_opener(response: &mut Response) {
    response.headers_mut().insert(CROSS_ORIGIN_OPENER_POLICY, NO_OPENER_POLICY);
}

/// Returns the form target of a redirect URI, for a content security policy.
pub(in crate::http) fn form_target(redirect_uri: &str) -> Option<String> {
    RedirectUri::parse(redirect_uri).ok().map(|uri| uri.form_target())
}

/// Returns the policy of a page whose forms may also redirect to an application.
pub(in crate::http) fn ending_at(policy: &HeaderValue, target: &str) -> Option<HeaderValue> {
    let policy = policy.to_str().ok()?.replace("form-action 'self'", &format!("form-action 'self' {target}"));
    HeaderValue::from_str(&policy).ok()
}

/// Reports the quota and remaining requests of each limit (draft-ietf-httpapi-ratelimit-headers-10).
fn tell_limits(headers: &mut HeaderMap, usage: &Usage) {
    let statuses = usage.statuses();
    if statuses.is_empty() {
        return;
    }
    let list = |item: fn(&LimitStatus) -> String| statuses.iter().map(item).collect::<Vec<_>>().join(", ");
    let policy = list(|s| format!("\"{}\";q={};w={}", s.kind.as_str(), s.quota.times, s.quota.per.as_secs()));
    let left = list(|s| format!("\"{}\";r={};t={}", s.kind.as_str(), s.left, s.reset.as_millis().div_ceil(1000)));
    for (name, value) in [(RATE_LIMIT_POLICY, policy), (RATE_LIMIT, left)] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(name, value);
        }
    }
}

fn default(headers: &mut HeaderMap, name: HeaderName, value: HeaderValue) {
    headers.entry(name).or_insert(value);
}
