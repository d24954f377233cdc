//! Redirects of browsers.

use axum::{
    http::{HeaderValue, StatusCode, header::LOCATION},
    response::{IntoResponse, Response},
};
use portcullis_core::Error;

use super::problem::ApiError;

/// Redirects a browser to another address, which it requests with GET.
pub(super) fn go(location: impl AsRef<str>) -> Response {
    match HeaderValue::from_str(location.as_ref()) {
        Ok(location) => (StatusCode::SEE_OTHER, [(LOCATION, location)]).into_response(),
        Err(error) => ApiError::from(Error::internal(error)).into_response(),
    }
}
