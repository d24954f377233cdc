use axum::{
    extract::FromRequestParts,
    http::{Method, StatusCode, request::Parts},
};

/// Responds to HEAD before the handler runs, on routes where GET has a side effect for compatibility with the original
/// service. HEAD must have none.
#[derive(Debug)]
pub(in crate::http) struct SkipOnHead;

impl<S: Sync> FromRequestParts<S> for SkipOnHead {
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, StatusCode> {
        if parts.method == Method::HEAD { Err(StatusCode::OK) } else { Ok(Self) }
    }
}
