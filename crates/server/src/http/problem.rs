//! Errors of the domain as `application/problem+json` (RFC 9457): the only place that knows status numbers.

use std::{sync::Arc, time::Duration};

use axum::{
    body::Body,
    http::{
        HeaderValue, StatusCode,
        header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE},
    },
    response::{IntoResponse, Response},
};
use portcullis_core::{Ctx, Error, error::ErrorKind};
use serde::Serialize;

use super::layers::alias::Of;
use crate::error_chain;

/// A refusal on its way out; it is dressed once the request's circumstances are at hand.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    error: Arc<Error>,
    dress: Dress,
}

/// In what a refusal goes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Dress {
    /// `application/problem+json`.
    Problem,
    /// `error` and `error_description` alone (RFC 6749 §5.2).
    OAuth,
}

impl Refusal {
    /// A refusal of the token endpoint.
    pub(super) fn by_oauth(error: Error) -> Self {
        Self { error: Arc::new(error), dress: Dress::OAuth }
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self { error: Arc::new(error), dress: Dress::Problem }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = match self.dress {
            Dress::OAuth => oauth_status(self.error.kind()),
            Dress::Problem => status(self.error.kind()),
        };
        response.extensions_mut().insert(self);
        response
    }
}

/// What each kind of error is in HTTP.
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

/// When it is worth another try, in whole seconds, none too early.
pub(super) fn retry_after(kind: ErrorKind) -> Option<HeaderValue> {
    match kind {
        ErrorKind::Limited(wait) | ErrorKind::Overloaded(wait) | ErrorKind::Unavailable(wait) => {
            Some(HeaderValue::from(wait.as_millis().div_ceil(1000).max(1) as u64))
        }
        _ => None,
    }
}

/// The same at the token endpoint, where wrong credentials of the owner's are 400 (RFC 6749 §5.2).
pub(super) const fn oauth_status(kind: ErrorKind) -> StatusCode {
    match kind {
        ErrorKind::Invalid | ErrorKind::Refused | ErrorKind::Forbidden => StatusCode::BAD_REQUEST,
        other => status(other),
    }
}

/// Marks a refusal that OAuth 2.0 clients are to understand too: `error` and `error_description` stand beside.
#[derive(Clone, Copy, Debug)]
struct ForOAuth;

/// Marks whatever refusal this answer is.
pub(super) fn for_oauth(mut response: Response) -> Response {
    response.extensions_mut().insert(ForOAuth);
    response
}

/// Refusals that only HTTP knows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Transport(pub(super) StatusCode, pub(super) &'static str, pub(super) &'static str);

pub(super) const TOO_LARGE: Transport =
    Transport(StatusCode::PAYLOAD_TOO_LARGE, "body.too_large", "The request's body is too large.");
pub(super) const WRONG_TYPE: Transport = Transport(
    StatusCode::UNSUPPORTED_MEDIA_TYPE,
    "body.wrong_type",
    "The request's body has a type that is not taken here.",
);

/// The router adds `Allow`.
pub(super) const METHOD_NOT_ALLOWED: Transport =
    Transport(StatusCode::METHOD_NOT_ALLOWED, "method.not_allowed", "This path does not know that method.");

impl IntoResponse for Transport {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = self.0;
        response.extensions_mut().insert(self);
        response
    }
}

/// For a handler that panicked: the request fails, the process lives.
pub(super) fn panicked() -> Refusal {
    Refusal::from(Error::internal("a handler panicked"))
}

/// For a request that took too long.
pub(super) fn timed_out() -> Refusal {
    let kind = ErrorKind::Unavailable(Duration::from_secs(5));
    Refusal::from(Error::new(kind, "timeout", "The request took too long."))
}

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
    #[schema(example = "Invalid email or password")]
    detail: &'a str,
    /// For a program: a stable word.
    #[schema(example = "login.refused")]
    code: &'a str,
    /// The request's id, as in the `X-Request-Id` header and the log.
    #[schema(example = "c7r3k1nq0v5t8a2m4e6g9h1j3d")]
    instance: &'a str,
    /// With 422: every field that was refused.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) errors: Vec<Fault<'a>>,
    /// OAuth 2.0's name for it, where a login or token was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "invalid_grant")]
    pub(super) error: Option<&'static str>,
    /// OAuth 2.0's description.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Invalid email or password")]
    pub(super) error_description: Option<&'a str>,
}

/// One field that was refused.
#[derive(Clone, Copy, Debug, Serialize, utoipa::ToSchema)]
pub(super) struct Fault<'a> {
    /// Its name in the request.
    #[schema(example = "email")]
    pub(super) field: &'static str,
    /// A stable word.
    #[schema(example = "email.invalid")]
    pub(super) code: &'static str,
    /// For a person.
    #[schema(example = "This is not a valid e-mail address.")]
    pub(super) detail: &'a str,
}

/// Gives a refusal its body and headers, and tells the log the true reason.
pub(super) fn dress(response: Response, ctx: &Ctx, realm: Option<&Of>) -> Response {
    let (mut parts, body) = response.into_parts();
    let for_oauth = parts.extensions.remove::<ForOAuth>().is_some();
    let Some(refusal) = parts.extensions.remove::<Refusal>() else {
        let Some(Transport(status, code, detail)) = parts.extensions.remove::<Transport>() else {
            return Response::from_parts(parts, body);
        };
        if matches!(status, StatusCode::PAYLOAD_TOO_LARGE | StatusCode::UNSUPPORTED_MEDIA_TYPE) {
            // The rest of the body is left unread (RFC 9112 §9.6).
            parts.headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        let mut problem = plain(status, code, detail, ctx.request_id.as_str());
        if for_oauth {
            (problem.error, problem.error_description) = (Some("invalid_request"), Some(detail));
        }
        return with_body(parts, &problem);
    };
    let error = &*refusal.error;
    note(error);
    if refusal.dress != Dress::OAuth {
        set_challenge(&mut parts.headers, error, realm);
    }
    if let Some(wait) = retry_after(error.kind()) {
        parts.headers.insert(RETRY_AFTER, wait);
    }
    if refusal.dress == Dress::OAuth {
        let body =
            serde_json::json!({ "error": grant_word(error.kind(), error.code()), "error_description": error.detail() });
        return with_json(parts, "application/json", &body);
    }
    let mut problem = plain(parts.status, error.code(), error.detail(), ctx.request_id.as_str());
    problem.errors = error
        .fields()
        .iter()
        .map(|fault| Fault { field: fault.field, code: fault.code, detail: &fault.detail })
        .collect();
    if for_oauth {
        problem.error = Some(oauth_word(error.kind()));
        problem.error_description = Some(error.detail());
    }
    with_body(parts, &problem)
}

/// Of this code, and nothing beside.
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

fn with_body(parts: axum::http::response::Parts, problem: &Problem<'_>) -> Response {
    with_json(parts, "application/problem+json", problem)
}

fn with_json(mut parts: axum::http::response::Parts, kind: &'static str, body: &impl Serialize) -> Response {
    parts.headers.remove(CONTENT_LENGTH);
    parts.headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    Response::from_parts(parts, Body::from(serde_json::to_vec(body).unwrap_or_default()))
}

/// RFC 6750 §3: how to do better. A request without credentials is told no error, one with bad ones no reason.
fn set_challenge(headers: &mut axum::http::HeaderMap, error: &Error, realm: Option<&Of>) {
    let name = realm.map_or("portcullis", |of| of.0.name.as_str());
    let challenge = match error.kind() {
        ErrorKind::Malformed if error.code() == TOKEN_TWICE => format!(
            "Bearer realm=\"{name}\", error=\"invalid_request\", error_description=\"Send the token in one way only\""
        ),
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

/// The words of RFC 6749 §5.2 and ours beside them.
pub(super) const fn oauth_word(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Refused => "invalid_grant",
        ErrorKind::Forbidden => "email_not_verified",
        ErrorKind::Limited(_) | ErrorKind::Overloaded(_) | ErrorKind::Unavailable(_) => "temporarily_unavailable",
        ErrorKind::Internal => "server_error",
        _ => "invalid_request",
    }
}

/// The words of the token endpoint: there, an address that is not verified is one more refused grant.
pub(super) fn grant_word(kind: ErrorKind, code: &str) -> &'static str {
    match kind {
        ErrorKind::Forbidden => "invalid_grant",
        _ if code == UNSUPPORTED_GRANT => UNSUPPORTED_GRANT,
        _ => oauth_word(kind),
    }
}

/// Code for a bearer token that was sent in more than one way (RFC 6750 §2).
pub(super) const TOKEN_TWICE: &str = "token.twice";

/// Code and OAuth word for a grant that the token endpoint does not know.
pub(super) const UNSUPPORTED_GRANT: &str = "unsupported_grant_type";

/// The private half of an error, for the log.
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
