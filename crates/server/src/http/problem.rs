//! Refusals over HTTP, as `application/problem+json` (RFC 9457). The only file with the status numbers of refusals.

use std::{sync::Arc, time::Duration};

use axum::{
    body::Body,
    http::{
        HeaderValue, StatusCode,
        header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE},
        response::Parts,
    },
    response::{IntoResponse, Response},
};
use portcullis_core::{
    Ctx, Error,
    error::{
        ErrorKind, Refusal,
        catalogue::{EMAIL_INVALID, LOGIN_REFUSED, REFRESH_INVALID, TIMEOUT, TOKEN_TWICE, UNSUPPORTED_GRANT},
    },
};
use serde::Serialize;

use super::layers::alias::RequestRealm;
use crate::error_chain;

/// Format of a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RefusalFormat {
    /// `application/problem+json`.
    Problem,
    /// The same, with `error` and `error_description` of OAuth 2.0 among its members.
    WithOAuth,
    /// `error` and `error_description` alone (RFC 6749 §5.2).
    OAuth,
    /// A page, or `application/problem+json`.
    Page,
}

/// A refusal of the domain. [`finish`] writes its body and headers, once the context of the request is at hand.
#[derive(Clone, Debug)]
pub(crate) struct ApiError {
    error: Arc<Error>,
    format: RefusalFormat,
}

impl ApiError {
    /// Makes a refusal of the token endpoint.
    pub(super) fn for_token_endpoint(error: Error) -> Self {
        Self { error: Arc::new(error), format: RefusalFormat::OAuth }
    }
}

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        Self { error: Arc::new(error), format: RefusalFormat::Problem }
    }
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        Error::from(refusal).into()
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = match self.format {
            RefusalFormat::OAuth => oauth_status(self.error.kind()),
            _ => status(self.error.kind()),
        };
        response.extensions_mut().insert(self.format);
        response.extensions_mut().insert(self);
        response
    }
}

/// Returns the status of a kind of error.
pub(super) const fn status(kind: ErrorKind) -> StatusCode {
    match kind {
        ErrorKind::Malformed | ErrorKind::BadLink => StatusCode::BAD_REQUEST,
        ErrorKind::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
        ErrorKind::NoCredentials | ErrorKind::BadToken | ErrorKind::Refused | ErrorKind::Stale => {
            StatusCode::UNAUTHORIZED
        }
        ErrorKind::Forbidden => StatusCode::FORBIDDEN,
        ErrorKind::NotFound => StatusCode::NOT_FOUND,
        ErrorKind::Conflict => StatusCode::CONFLICT,
        ErrorKind::Limited(_) => StatusCode::TOO_MANY_REQUESTS,
        ErrorKind::Overloaded(_) | ErrorKind::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
        ErrorKind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// Returns the value of `Retry-After`: whole seconds, rounded up.
pub(super) fn retry_after(kind: ErrorKind) -> Option<HeaderValue> {
    match kind {
        ErrorKind::Limited(wait) | ErrorKind::Overloaded(wait) | ErrorKind::Unavailable(wait) => {
            Some(HeaderValue::from(wait.as_millis().div_ceil(1000).max(1) as u64))
        }
        _ => None,
    }
}

/// Returns the status at the token endpoint, where wrong credentials of the owner are 400 (RFC 6749 §5.2).
pub(super) const fn oauth_status(kind: ErrorKind) -> StatusCode {
    match kind {
        ErrorKind::Invalid | ErrorKind::Refused | ErrorKind::Forbidden => StatusCode::BAD_REQUEST,
        other => status(other),
    }
}

/// Adds the words of OAuth 2.0 to a refusal, whatever it is.
pub(super) fn with_oauth(mut refusal: Response) -> Response {
    refusal.extensions_mut().insert(RefusalFormat::WithOAuth);
    refusal
}

/// A refusal that only HTTP has: status, code and public text.
#[derive(Clone, Copy, Debug)]
pub(super) struct HttpError(pub(super) StatusCode, pub(super) &'static str, pub(super) &'static str);

pub(super) const TOO_LARGE: HttpError =
    HttpError(StatusCode::PAYLOAD_TOO_LARGE, "body.too_large", "The request's body is too large.");
pub(super) const WRONG_TYPE: HttpError = HttpError(
    StatusCode::UNSUPPORTED_MEDIA_TYPE,
    "body.wrong_type",
    "The request's body has a type that is not taken here.",
);

/// Refusal of a method; the router adds `Allow`.
pub(super) const METHOD_NOT_ALLOWED: HttpError =
    HttpError(StatusCode::METHOD_NOT_ALLOWED, "method.not_allowed", "This path does not know that method.");

impl IntoResponse for HttpError {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = self.0;
        response.extensions_mut().insert(self);
        response
    }
}

/// Returns the refusal for a handler that has panicked.
pub(super) fn panicked() -> ApiError {
    ApiError::from(Error::internal("a handler panicked"))
}

/// Returns the refusal for a request that took too long.
pub(super) fn timed_out() -> ApiError {
    ApiError::from(TIMEOUT.after(Duration::from_secs(5)))
}

const PROBLEM_JSON: &str = "application/problem+json";

/// The document of RFC 9457, with our extensions.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct Problem<'a> {
    /// `about:blank`: what kind of problem it is, `code` says.
    #[serde(rename = "type")]
    #[schema(example = "about:blank")]
    kind: &'static str,
    /// The status in words.
    #[schema(example = "Unauthorized")]
    title: &'a str,
    /// The status.
    #[schema(example = 401)]
    status: u16,
    /// For a person.
    #[schema(example = json!(LOGIN_REFUSED.detail))]
    detail: &'a str,
    /// For a program: a stable word.
    #[schema(example = json!(LOGIN_REFUSED.code))]
    code: &'a str,
    /// The request's id, as in the `X-Request-Id` header and the log.
    #[schema(example = "c7r3k1nq0v5t8a2m4e6g9h1j3d")]
    instance: &'a str,
    /// With 422: every field that was refused.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) errors: Vec<FieldProblem<'a>>,
    /// OAuth 2.0's name for it, where a login or token was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "invalid_grant")]
    pub(super) error: Option<&'static str>,
    /// OAuth 2.0's description.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = json!(LOGIN_REFUSED.detail))]
    pub(super) error_description: Option<&'a str>,
}

/// The errors of RFC 6749 §5.2.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct TokenError<'a> {
    #[schema(example = "invalid_grant")]
    error: &'static str,
    #[schema(example = json!(REFRESH_INVALID.detail))]
    error_description: &'a str,
}

/// One field that was refused.
#[derive(Clone, Copy, Debug, Serialize, utoipa::ToSchema)]
// Clients that are generated from the description have this name.
#[schema(as = Fault)]
pub(super) struct FieldProblem<'a> {
    /// Its name in the request.
    #[schema(example = "email")]
    pub(super) field: &'static str,
    /// A stable word.
    #[schema(example = json!(EMAIL_INVALID.code))]
    pub(super) code: &'static str,
    /// For a person.
    #[schema(example = json!(EMAIL_INVALID.detail))]
    pub(super) detail: &'a str,
}

/// Writes body and headers of a refusal, and the private cause to the log. Other responses pass unchanged.
pub(super) fn finish(response: Response, ctx: &Ctx, realm: Option<&RequestRealm>) -> Response {
    let (mut parts, body) = response.into_parts();
    let format = parts.extensions.remove::<RefusalFormat>().unwrap_or(RefusalFormat::Problem);
    if let Some(refusal) = parts.extensions.remove::<ApiError>() {
        finish_api_error(parts, &refusal.error, format, ctx, realm)
    } else if let Some(refusal) = parts.extensions.remove::<HttpError>() {
        finish_http_error(parts, refusal, format, ctx)
    } else {
        Response::from_parts(parts, body)
    }
}

fn finish_api_error(
    mut parts: Parts,
    error: &Error,
    format: RefusalFormat,
    ctx: &Ctx,
    realm: Option<&RequestRealm>,
) -> Response {
    note(error);
    if let Some(wait) = retry_after(error.kind()) {
        parts.headers.insert(RETRY_AFTER, wait);
    }
    if format == RefusalFormat::OAuth {
        let word = grant_word(error.kind(), error.code());
        return with_json(parts, "application/json", &TokenError { error: word, error_description: error.detail() });
    }
    set_challenge(&mut parts.headers, error, realm);
    let mut problem = plain(parts.status, error.code(), error.detail(), ctx.request_id.as_str());
    let fields = error.fields().iter();
    problem.errors =
        fields.map(|field| FieldProblem { field: field.field, code: field.code, detail: &field.detail }).collect();
    if format == RefusalFormat::WithOAuth {
        problem.error = Some(oauth_word(error.kind()));
        problem.error_description = Some(error.detail());
    }
    with_json(parts, PROBLEM_JSON, &problem)
}

fn finish_http_error(mut parts: Parts, error: HttpError, format: RefusalFormat, ctx: &Ctx) -> Response {
    let HttpError(status, code, detail) = error;
    if matches!(status, StatusCode::PAYLOAD_TOO_LARGE | StatusCode::UNSUPPORTED_MEDIA_TYPE) {
        // The rest of the body is not read, so the connection cannot serve another request (RFC 9112 §9.6).
        parts.headers.insert(CONNECTION, HeaderValue::from_static("close"));
    }
    let mut problem = plain(status, code, detail, ctx.request_id.as_str());
    if format == RefusalFormat::WithOAuth {
        (problem.error, problem.error_description) = (Some("invalid_request"), Some(detail));
    }
    with_json(parts, PROBLEM_JSON, &problem)
}

/// Makes a problem of this code without optional members.
pub(super) fn plain<'a>(status: StatusCode, code: &'a str, detail: &'a str, instance: &'a str) -> Problem<'a> {
    Problem {
        kind: "about:blank",
        title: status.canonical_reason().unwrap_or("Error"),
        status: status.as_u16(),
        detail,
        code,
        instance,
        errors: Vec::new(),
        error: None,
        error_description: None,
    }
}

fn with_json(mut parts: Parts, kind: &'static str, body: &impl Serialize) -> Response {
    parts.headers.remove(CONTENT_LENGTH);
    parts.headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    Response::from_parts(parts, Body::from(serde_json::to_vec(body).unwrap_or_default()))
}

/// Sets `WWW-Authenticate` (RFC 6750 §3): without an error if there are no credentials, without the reason if they are bad.
fn set_challenge(headers: &mut axum::http::HeaderMap, error: &Error, realm: Option<&RequestRealm>) {
    let name = realm.map_or("portcullis", |of| of.0.name.as_str());
    let challenge = match error.kind() {
        ErrorKind::Malformed if error.code() == TOKEN_TWICE.code => {
            let description = error.detail().trim_end_matches('.');
            format!("Bearer realm=\"{name}\", error=\"invalid_request\", error_description=\"{description}\"")
        }
        ErrorKind::NoCredentials | ErrorKind::Refused => format!("Bearer realm=\"{name}\""),
        ErrorKind::BadToken => format!(
            "Bearer realm=\"{name}\", error=\"invalid_token\", error_description=\"The access token is invalid or expired\""
        ),
        ErrorKind::Stale => format!(
            "Bearer realm=\"{name}\", error=\"insufficient_user_authentication\", error_description=\"A more recent login is needed\""
        ),
        _ => return,
    };
    if let Ok(challenge) = HeaderValue::from_str(&challenge) {
        headers.insert(WWW_AUTHENTICATE, challenge);
    }
}

/// Returns the OAuth 2.0 error of a kind (RFC 6749 §5.2). The original system used `email_not_verified`.
pub(super) const fn oauth_word(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Refused => "invalid_grant",
        ErrorKind::Forbidden => "email_not_verified",
        ErrorKind::Limited(_) | ErrorKind::Overloaded(_) | ErrorKind::Unavailable(_) => "temporarily_unavailable",
        ErrorKind::Internal => "server_error",
        _ => "invalid_request",
    }
}

/// Returns the error of the token endpoint, where an unverified address is `invalid_grant` too.
pub(super) fn grant_word(kind: ErrorKind, code: &str) -> &'static str {
    match kind {
        ErrorKind::Forbidden => "invalid_grant",
        _ if code == UNSUPPORTED_GRANT.code => UNSUPPORTED_GRANT.code,
        _ => oauth_word(kind),
    }
}

/// Logs the private cause of an error.
fn note(error: &Error) {
    let cause = error.cause().map(|cause| error_chain(&**cause)).unwrap_or_default();
    match error.kind() {
        ErrorKind::Internal => tracing::error!(code = error.code(), cause, "failed"),
        ErrorKind::Overloaded(_) | ErrorKind::Unavailable(_) => {
            tracing::warn!(code = error.code(), cause, "turned away")
        }
        _ => tracing::debug!(code = error.code(), cause, "refused"),
    }
}
