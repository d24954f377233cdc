use axum::{
    extract::{FromRequest, Request},
    http::{
        HeaderMap, HeaderName,
        header::{HOST, ORIGIN},
    },
    response::{IntoResponse, Response},
};
use portcullis_core::error::catalogue::CROSS_SITE;

use super::{Fields, FormBody};
use crate::http::{problem::ApiError, state::AppState};

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Form of a page. It relies on a cookie or sets one, so it must be submitted from a page of this server. Prevents
/// CSRF and login CSRF.
#[derive(Debug)]
pub(in crate::http) struct PageForm(pub(in crate::http) Fields);

impl FromRequest<AppState> for PageForm {
    type Rejection = Response;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, Response> {
        if !is_from_here(state, request.headers()) {
            return Err(ApiError::from(CROSS_SITE).into_response());
        }
        FormBody::from_request(request, state).await.map(|FormBody(fields)| Self(fields))
    }
}

/// Returns whether the request was sent by a page of this server, according to `Sec-Fetch-Site` or, without that
/// header, `Origin`. A foreign `Origin` is always rejected.
pub(super) fn is_from_here(state: &AppState, headers: &HeaderMap) -> bool {
    let is_ours = |origin: &[u8]| origin == state.info.origin().as_bytes() || is_local(state, origin, headers);
    match (headers.get(SEC_FETCH_SITE), headers.get(ORIGIN)) {
        (Some(site), None) => site == "same-origin",
        (Some(site), Some(origin)) => site == "same-origin" && is_ours(origin.as_bytes()),
        (None, Some(origin)) => is_ours(origin.as_bytes()),
        (None, None) => false,
    }
}

/// Returns whether the origin is this server under another loopback name, such as `127.0.0.1` instead of `localhost`.
/// Developers use both.
fn is_local(state: &AppState, origin: &[u8], headers: &HeaderMap) -> bool {
    let host = headers.get(HOST).map(|host| host.as_bytes()).unwrap_or_default();
    let name = host.split(|byte| *byte == b':').next().unwrap_or_default();
    let is_loopback = [b"localhost".as_slice(), b"127.0.0.1"].contains(&name) || host.starts_with(b"[::1]");
    state.info.is_development && is_loopback && origin.strip_prefix(b"http://") == Some(host)
}
