//! Which pages of other origins may call (CORS). The cookie of a device does not go along: such pages send its value as a
//! field. What only this machine's developers should see (`/dev/…`) no page of another origin reads, whoever is named.

use axum::{
    extract::{Request, State},
    http::{
        HeaderMap, HeaderName, HeaderValue, Method, StatusCode,
        header::{
            ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
            ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, ORIGIN, VARY,
        },
    },
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::state::AppState;

const METHODS: HeaderValue = HeaderValue::from_static("GET, POST, PATCH, DELETE");
const TAKEN: HeaderValue = HeaderValue::from_static("authorization, content-type, accept");
const READABLE: HeaderValue =
    HeaderValue::from_static("retry-after, www-authenticate, ratelimit, ratelimit-policy, x-request-id");
/// How long a browser remembers the answer to its question, in seconds. Whoever is no longer named reads nothing all the same:
/// the answers themselves say so, each time.
const REMEMBERED: HeaderValue = HeaderValue::from_static("3600");
/// What answers depend on.
const DEPENDS: HeaderValue = HeaderValue::from_static("Authorization, Origin, Accept");

/// Answers the questions of browsers (preflights), and tells of every other answer who may read it.
pub(super) async fn cors(State(state): State<AppState>, request: Request, next: Next) -> Response {
    if state.cors_origins.is_empty() || request.uri().path().starts_with("/dev/") {
        return next.run(request).await;
    }
    let allowed = allowed(&state.cors_origins, request.headers());
    // An OPTIONS that asks for no method is no preflight, but a request like any other.
    let is_question = request.method() == Method::OPTIONS
        && request.headers().contains_key(ACCESS_CONTROL_REQUEST_METHOD)
        && allowed.is_some();
    let mut response = if is_question { permit() } else { next.run(request).await };
    let headers = response.headers_mut();
    depends_on_origin(headers);
    if let Some(origin) = allowed {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, READABLE);
    }
    response
}

/// The origin of the page that calls, when it may; `*` where every page may. `null`, which any sandboxed frame can claim to be,
/// is never named.
fn allowed(origins: &[String], headers: &HeaderMap) -> Option<HeaderValue> {
    let mut named = headers.get_all(ORIGIN).iter();
    let (Some(origin), None) = (named.next(), named.next()) else { return None };
    if origins.iter().any(|known| known == "*") {
        return Some(HeaderValue::from_static("*"));
    }
    origins.iter().any(|known| known.as_bytes() == origin.as_bytes()).then(|| origin.clone())
}

/// A cache between must not give one origin's answer to another.
fn depends_on_origin(headers: &mut HeaderMap) {
    if !headers.contains_key(VARY) {
        headers.insert(VARY, DEPENDS);
        return;
    }
    let names = headers.get_all(VARY).iter().filter_map(|value| value.to_str().ok()).flat_map(|names| names.split(','));
    let is_said = names.into_iter().any(|name| name.trim().eq_ignore_ascii_case("origin"));
    if !is_said {
        headers.append(VARY, HeaderValue::from_static("Origin"));
    }
}

fn permit() -> Response {
    let headers: [(HeaderName, HeaderValue); 3] = [
        (ACCESS_CONTROL_ALLOW_METHODS, METHODS),
        (ACCESS_CONTROL_ALLOW_HEADERS, TAKEN),
        (ACCESS_CONTROL_MAX_AGE, REMEMBERED),
    ];
    (StatusCode::NO_CONTENT, headers).into_response()
}
