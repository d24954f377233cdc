//! Cross-origin requests (CORS). Credentials are not allowed: pages of other origins send the value of the device
//! cookie as a field. Developer pages (`/dev/…`) are never readable from another origin.

use std::{convert::Infallible, time::Duration};

use axum::{
    extract::{MatchedPath, Request},
    http::{
        HeaderName, HeaderValue, Method,
        header::{
            ACCEPT, ACCESS_CONTROL_REQUEST_METHOD, AUTHORIZATION, ETAG, ORIGIN, RETRY_AFTER, VARY, WWW_AUTHENTICATE,
        },
        request::Parts,
    },
    response::{IntoResponse, Response},
};
use futures_util::FutureExt as _;
use tower::{Layer, ServiceExt, service_fn};
use tower_http::cors::{AllowHeaders, AllowOrigin, CorsLayer};

use crate::config::{CorsOrigins, PublicUrl};

/// How long browsers cache the result of a preflight. If an origin is removed from the settings, it is rejected
/// immediately, because all other responses are checked too.
const REMEMBERED: Duration = Duration::from_secs(3600);

/// Routes that pages of applications ask for tokens.
const OF_CLIENTS: [&str; 3] = ["/v1/{realm}/token", "/v1/{realm}/userinfo", "/v1/{realm}/revoke"];

/// Value of `Vary` if the response depends on the origin.
const VARYING: &str = "authorization, origin, accept";

/// Creates the layer for these origins, or returns `None` if there are none. `*` means all.
pub(super) fn layer(origins: &CorsOrigins) -> Option<CorsLayer> {
    let CorsOrigins { named, loopback } = origins.clone();
    if named.is_empty() && !loopback {
        return None;
    }
    let allowed = if named.iter().any(|origin| origin == "*") {
        AllowOrigin::any()
    } else {
        // `null` is never allowed: any sandboxed frame can send it.
        AllowOrigin::predicate(move |origin: &HeaderValue, request: &Parts| {
            let is_one = request.headers.get_all(ORIGIN).iter().count() == 1;
            let is_named = || named.iter().any(|known| known.as_bytes() == origin.as_bytes());
            is_one && (is_named() || loopback && is_loopback(origin))
        })
    };
    Some(with(allowed))
}

/// Creates the layer for requests whose origin is allowed.
pub(super) fn of_allowed() -> CorsLayer {
    with(AllowOrigin::mirror_request())
}

/// Returns the origin of a request to a route that pages of applications ask for tokens: `token`, `userinfo` and
/// `revoke`.
pub(super) fn of_client(request: &Request) -> Option<&str> {
    let route = request.extensions().get::<MatchedPath>()?.as_str();
    let mut origins = request.headers().get_all(ORIGIN).iter();
    let origin = origins.next().filter(|_| origins.next().is_none() && OF_CLIENTS.contains(&route));
    origin?.to_str().ok()
}

fn with(allowed: AllowOrigin) -> CorsLayer {
    CorsLayer::new()
        .allow_origin(allowed)
        .allow_methods([Method::GET, Method::POST, Method::PATCH, Method::DELETE])
        // Unknown request headers are harmless, because credentials are never allowed.
        .allow_headers(AllowHeaders::mirror_request())
        .expose_headers([
            ETAG,
            RETRY_AFTER,
            WWW_AUTHENTICATE,
            HeaderName::from_static("ratelimit"),
            HeaderName::from_static("ratelimit-policy"),
            HeaderName::from_static("x-request-id"),
        ])
        .vary([AUTHORIZATION, ORIGIN, ACCEPT])
        .max_age(REMEMBERED)
}

/// Returns whether an origin is on this machine, on any port.
fn is_loopback(origin: &HeaderValue) -> bool {
    let Some(text) = origin.to_str().ok() else { return false };
    PublicUrl::parse(text).is_ok_and(|url| url.as_str() == text && url.path().is_empty() && url.is_loopback())
}

/// Returns whether the response to this request depends on its origin.
pub(super) fn concerns(request: &Request) -> bool {
    // An OPTIONS without a requested method is not a preflight.
    let is_plain_options =
        request.method() == Method::OPTIONS && !request.headers().contains_key(ACCESS_CONTROL_REQUEST_METHOD);
    !is_plain_options && !request.uri().path().starts_with("/dev/")
}

/// Responds to preflights, and adds the allowed origin to every other response.
pub(super) async fn answer<F: Future<Output = Response>>(
    layer: &CorsLayer,
    request: Request,
    mut next: impl FnMut(Request) -> F,
) -> Response {
    if request.method() == Method::OPTIONS || request.headers().contains_key(ORIGIN) {
        let service = service_fn(move |request| next(request).map(Ok::<_, Infallible>));
        return layer.layer(service).oneshot(request).await.into_response();
    }
    // The client is not a browser, or the request comes from a page of the server itself.
    let mut response = next(request).await;
    response.headers_mut().append(VARY, HeaderValue::from_static(VARYING));
    response
}
