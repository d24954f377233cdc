use axum::{
    extract::FromRequestParts,
    http::{Method, StatusCode, request::Parts},
};

/// For routes on which GET acts, as the origin's do: HEAD changes nothing and is answered before the handler runs.
#[derive(Debug)]
pub(in crate::http) struct SkipOnHead;

impl<S: Sync> FromRequestParts<S> for SkipOnHead {
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, StatusCode> {
        if parts.method == Method::HEAD { Err(StatusCode::OK) } else { Ok(Self) }
    }
}
