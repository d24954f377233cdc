use axum::{
    extract::FromRequestParts,
    http::{
        HeaderMap, HeaderName,
        header::{HOST, ORIGIN},
        request::Parts,
    },
};
use portcullis_core::{Error, error::ErrorKind};

use crate::http::{problem::ApiError, state::AppState};

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The proof that no other site made a browser send this (CSRF). What is no browser names no site and no origin.
#[derive(Debug)]
pub(in crate::http) struct SameOrigin;

impl FromRequestParts<AppState> for SameOrigin {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, ApiError> {
        if is_from_here(&parts.headers) {
            return Ok(Self);
        }
        Err(Error::new(ErrorKind::Forbidden, "request.cross_site", "Another site may not ask for this.").into())
    }
}

/// `Origin` is only asked where `Sec-Fetch-Site` is missing: our pages send no referrer, and an `Origin` of `null` with it.
fn is_from_here(headers: &HeaderMap) -> bool {
    match (headers.get(SEC_FETCH_SITE), headers.get(ORIGIN)) {
        (Some(site), _) => site == "same-origin",
        (None, Some(origin)) => {
            origin.as_bytes().strip_prefix(b"http://") == headers.get(HOST).map(|host| host.as_bytes())
        }
        (None, None) => true,
    }
}
