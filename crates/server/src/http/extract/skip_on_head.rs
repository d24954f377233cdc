use axum::{
    extract::FromRequestParts,
    http::{Method, StatusCode, request::Parts},
};

/// Answers HEAD before the handler runs, on routes where GET has an effect, as in the original system. HEAD has none.
#[derive(Debug)]
pub(in crate::http) struct SkipOnHead;

impl<S: Sync> FromRequestParts<S> for SkipOnHead {
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, StatusCode> {
        if parts.method == Method::HEAD { Err(StatusCode::OK) } else { Ok(Self) }
    }
}
