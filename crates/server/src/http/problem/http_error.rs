use axum::{
    body::Body,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use portcullis_core::error::{
    Refusal,
    catalogue::{self, WRONG_TYPE},
};

/// An error that only exists in HTTP: status, code and public text.
#[derive(Clone, Copy, Debug)]
pub(in crate::http) struct HttpError(
    pub(in crate::http) StatusCode,
    pub(in crate::http) &'static str,
    pub(in crate::http) &'static str,
);

impl HttpError {
    /// Returns the same error for the token endpoint, where the format of a body is defined by OAuth 2.0.
    pub(in crate::http) fn about_type(self) -> Option<Refusal> {
        [WRONG_TYPE, catalogue::WRONG_ENCODING].into_iter().find(|refusal| refusal.code == self.1)
    }

    /// Returns whether the rest of the request is not read, so that the connection cannot be reused (RFC 9112 §9.6).
    pub(super) fn leaves_unread(self) -> bool {
        let closing = [
            StatusCode::PAYLOAD_TOO_LARGE,
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            StatusCode::REQUEST_TIMEOUT,
            StatusCode::BAD_REQUEST,
        ];
        closing.contains(&self.0)
    }
}

pub(in crate::http) const TOO_LARGE: HttpError =
    HttpError(StatusCode::PAYLOAD_TOO_LARGE, "body.too_large", "The body is too large.");
pub(in crate::http) const TOO_SLOW: HttpError =
    HttpError(StatusCode::REQUEST_TIMEOUT, "body.timeout", "The body did not arrive in time.");
pub(in crate::http) const NOT_JSON: HttpError =
    HttpError(StatusCode::UNSUPPORTED_MEDIA_TYPE, WRONG_TYPE.code, "The body must be application/json.");
pub(in crate::http) const NOT_A_FORM: HttpError = HttpError(
    StatusCode::UNSUPPORTED_MEDIA_TYPE,
    WRONG_TYPE.code,
    "The body must be application/x-www-form-urlencoded or multipart/form-data.",
);
pub(in crate::http) const NEITHER_JSON_NOR_FORM: HttpError =
    HttpError(StatusCode::UNSUPPORTED_MEDIA_TYPE, WRONG_TYPE.code, WRONG_TYPE.detail);
pub(in crate::http) const WRONG_ENCODING: HttpError =
    HttpError(StatusCode::UNSUPPORTED_MEDIA_TYPE, catalogue::WRONG_ENCODING.code, catalogue::WRONG_ENCODING.detail);
pub(in crate::http) const WRONG_HOST: HttpError =
    HttpError(StatusCode::BAD_REQUEST, "request.host", "The request must have one valid Host header.");

/// Error for an unsupported method. The router adds `Allow`.
pub(in crate::http) const METHOD_NOT_ALLOWED: HttpError =
    HttpError(StatusCode::METHOD_NOT_ALLOWED, "method.not_allowed", "This method is not allowed on this path.");

impl IntoResponse for HttpError {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = self.0;
        response.extensions_mut().insert(self);
        response
    }
}
