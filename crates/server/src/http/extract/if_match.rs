use std::convert::Infallible;

use axum::{
    extract::FromRequestParts,
    http::{header::IF_MATCH, request::Parts},
};
use portcullis_core::service::Expected;

use crate::http::state::AppState;

/// Revisions accepted by the client (RFC 9110 §13.1.1). Numbers without quotes are accepted, because some clients
/// drop the quotes. Weak and malformed tags match nothing.
#[derive(Debug)]
pub(in crate::http) struct IfMatch(pub(in crate::http) Expected);

impl FromRequestParts<AppState> for IfMatch {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, Infallible> {
        let lines: Vec<&str> =
            parts.headers.get_all(IF_MATCH).iter().map(|line| line.to_str().unwrap_or_default()).collect();
        let tags = || lines.iter().flat_map(|line| line.split(',')).map(str::trim);
        if lines.is_empty() || tags().any(|tag| tag == "*") {
            return Ok(Self(None));
        }
        let revision = |tag: &str| {
            let digits = tag.strip_prefix('"').and_then(|tag| tag.strip_suffix('"')).unwrap_or(tag);
            digits.parse().ok()
        };
        Ok(Self(Some(tags().filter_map(revision).collect())))
    }
}
