use axum::{
    extract::FromRequestParts,
    http::{
        HeaderMap, HeaderName,
        header::{HOST, ORIGIN},
        request::Parts,
    },
};
use portcullis_core::error::catalogue::CROSS_SITE;

use crate::http::{problem::ApiError, state::AppState};

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Proof that the request is not cross-site (CSRF protection). Clients other than browsers send neither header.
#[derive(Debug)]
pub(in crate::http) struct SameOrigin;

impl FromRequestParts<AppState> for SameOrigin {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, ApiError> {
        if is_from_here(&parts.headers) {
            return Ok(Self);
        }
        Err(CROSS_SITE.into())
    }
}

/// Returns whether the request was sent by a page of this server. `Origin` decides only if `Sec-Fetch-Site` is missing,
/// because pages have the policy `no-referrer`, with which browsers send `Origin: null`.
fn is_from_here(headers: &HeaderMap) -> bool {
    match (headers.get(SEC_FETCH_SITE), headers.get(ORIGIN)) {
        (Some(site), _) => site == "same-origin",
        (None, Some(origin)) => {
            origin.as_bytes().strip_prefix(b"http://") == headers.get(HOST).map(|host| host.as_bytes())
        }
        (None, None) => true,
    }
}
