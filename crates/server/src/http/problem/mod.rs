//! Errors over HTTP, as `application/problem+json` (RFC 9457). Only this folder maps errors to status codes.

mod document;
mod http_error;
mod words;

pub(super) use document::{FieldProblem, Problem, TicketAnswer, TokenError, UnknownCredentialAnswer, plain};
pub(super) use http_error::{
    HttpError, METHOD_NOT_ALLOWED, NEITHER_JSON_NOR_FORM, NOT_A_FORM, NOT_JSON, TOO_LARGE, TOO_SLOW, WRONG_ENCODING,
    WRONG_HOST,
};
pub(super) use words::{
    CLOSED, REFUSED_FORM, WRONG_SIGN_IN, grant_word, oauth_status, oauth_word, retry_after, status,
};

use std::{sync::Arc, time::Duration};

use axum::{
    body::Body,
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER},
        response::Parts,
    },
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use portcullis_core::{
    Ctx, Error,
    error::{
        ErrorKind, Refusal,
        catalogue::{LIMITED, MFA_REQUIRED, PASSKEY_REFUSED, TIMEOUT},
    },
    service::Challenged,
};
use serde::Serialize;

use words::{is_answer_of_exchange, set_challenge};

use super::layers::alias::RequestRealm;
use crate::error_chain;

/// Format of an error response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RefusalFormat {
    /// `application/problem+json`.
    Problem,
    /// The same, with `error` and `error_description` of OAuth 2.0 among its members.
    WithOAuth,
    /// `error` and `error_description` alone (RFC 6749 §5.2).
    OAuth,
    /// An HTML page or `application/problem+json`, whichever the client prefers.
    Page,
}

/// A domain error. [`finish`] writes its body and headers, because it has the context of the request.
#[derive(Clone, Debug)]
pub(crate) struct ApiError {
    error: Arc<Error>,
    format: RefusalFormat,
    /// Ticket with which the request can be completed.
    ticket: Option<Arc<TicketAnswer>>,
    /// Credential that the browser can delete.
    signal: Option<Arc<UnknownCredentialAnswer>>,
}

impl ApiError {
    /// Creates an error of the token endpoint.
    pub(super) fn for_token_endpoint(error: Error) -> Self {
        Self { error: Arc::new(error), format: RefusalFormat::OAuth, ticket: None, signal: None }
    }

    /// Changes the format to that of the token endpoint.
    pub(super) fn at_token_endpoint(self) -> Self {
        Self { format: RefusalFormat::OAuth, ..self }
    }
}

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        Self { error: Arc::new(error), format: RefusalFormat::Problem, ticket: None, signal: None }
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
            RefusalFormat::OAuth => oauth_status(self.error.kind(), self.error.code()),
            _ => status(self.error.kind()),
        };
        response.extensions_mut().insert(self.format);
        response.extensions_mut().insert(self);
        response
    }
}

/// Returns kind and code of an error response. A page that reports a limit is one, too.
pub(super) fn refused(response: &Response) -> Option<(ErrorKind, &'static str)> {
    let refused = response.extensions().get::<ApiError>().map(|refused| (refused.error.kind(), refused.error.code()));
    let of_page = || response.status() == StatusCode::TOO_MANY_REQUESTS;
    refused.or_else(|| of_page().then_some((LIMITED.kind, LIMITED.code)))
}

/// Returns the response to a correct password that needs a second factor, with its ticket.
pub(super) fn challenged(challenged: Challenged) -> ApiError {
    let (ticket, format) = (Some(Arc::new(challenged.into())), RefusalFormat::WithOAuth);
    ApiError { ticket, format, ..Error::from(MFA_REQUIRED).into() }
}

/// Returns the error for a rejected passkey, with the credential that the browser can delete.
pub(super) fn refused_passkey(unknown: Option<UnknownCredentialAnswer>) -> ApiError {
    ApiError { signal: unknown.map(Arc::new), ..Error::from(PASSKEY_REFUSED).into() }
}

/// Adds the OAuth 2.0 members to an error response of any kind.
pub(super) fn with_oauth(mut refusal: Response) -> Response {
    refusal.extensions_mut().insert(RefusalFormat::WithOAuth);
    refusal
}

/// Converts an error response to the format of the token endpoint.
pub(super) fn as_token_error(mut refusal: Response) -> Response {
    refusal.extensions_mut().insert(RefusalFormat::OAuth);
    refusal
}

/// Returns headers and body of the response to an unreadable request head.
pub(super) fn of_head(status: StatusCode, ctx: &Ctx) -> (HeaderMap, Bytes) {
    let (code, detail) = match status {
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => ("request.head_too_large", "The request headers are too large."),
        StatusCode::URI_TOO_LONG => ("request.uri_too_long", "The address of the request is too long."),
        _ => ("request.malformed", "The request headers are malformed."),
    };
    let problem = plain(status, code, detail, ctx.request_id.as_str());
    let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON))]);
    (headers, serde_json::to_vec(&problem).unwrap_or_default().into())
}

/// Returns the error for a panicked handler.
pub(super) fn panicked() -> ApiError {
    ApiError::from(Error::internal("a handler panicked"))
}

/// Returns the error for a request that timed out.
pub(super) fn timed_out() -> ApiError {
    ApiError::from(TIMEOUT.after(Duration::from_secs(5)))
}

/// Public text of an error, kept with the response for the HTML page.
#[derive(Clone, Copy, Debug)]
pub(super) struct PublicText(pub(super) &'static str);

/// Returns whether browsers get this error as a page.
pub(super) fn has_page(status: StatusCode) -> bool {
    [400, 401, 403, 404, 405, 408, 409, 413, 415, 429, 500, 503].contains(&status.as_u16())
}

const PROBLEM_JSON: &str = "application/problem+json";

/// Writes body and headers of an error response, and logs the private cause. Other responses are unchanged.
pub(super) fn finish(response: Response, ctx: &Ctx, realm: Option<&RequestRealm>) -> Response {
    let (mut parts, body) = response.into_parts();
    let format = parts.extensions.remove::<RefusalFormat>().unwrap_or(RefusalFormat::Problem);
    if let Some(refusal) = parts.extensions.remove::<ApiError>() {
        finish_api_error(parts, &refusal, format, ctx, realm)
    } else if let Some(refusal) = parts.extensions.remove::<HttpError>() {
        finish_http_error(parts, refusal, format, ctx)
    } else {
        Response::from_parts(parts, body)
    }
}

fn finish_api_error(
    mut parts: Parts,
    refusal: &ApiError,
    format: RefusalFormat,
    ctx: &Ctx,
    realm: Option<&RequestRealm>,
) -> Response {
    let error = &*refusal.error;
    let ticket = refusal.ticket.as_deref().cloned();
    note(error);
    if let Some(wait) = retry_after(error.kind()) {
        parts.headers.insert(RETRY_AFTER, wait);
    }
    parts.extensions.insert(PublicText(error.detail()));
    let text = error.text();
    // At the token endpoint only clients can authenticate with a header (RFC 6749 §5.2).
    if format != RefusalFormat::OAuth || error.kind() == ErrorKind::BadClient {
        set_challenge(&mut parts.headers, error, realm);
    }
    if format == RefusalFormat::OAuth {
        let word = grant_word(error.kind(), error.code());
        let code = Some(error.code()).filter(|code| is_answer_of_exchange(code));
        let answer = TokenError::plain(word, &text).with_limit(error.limit()).with_code(code).with_ticket(ticket);
        return with_json(parts, "application/json", &answer);
    }
    let mut problem = plain(parts.status, error.code(), &text, ctx.request_id.as_str());
    problem.limit = error.limit();
    let fields = error.fields().iter();
    problem.errors =
        fields.map(|field| FieldProblem { field: &field.field, code: field.code, detail: &field.detail }).collect();
    if format == RefusalFormat::WithOAuth {
        problem.error = Some(oauth_word(error.kind(), error.code()));
        problem.error_description = Some(&text);
    }
    let signal = refusal.signal.as_deref().cloned();
    with_json(parts, PROBLEM_JSON, &problem.with_ticket(ticket).with_signal(signal))
}

fn finish_http_error(mut parts: Parts, error: HttpError, format: RefusalFormat, ctx: &Ctx) -> Response {
    let HttpError(status, code, detail) = error;
    if error.leaves_unread() {
        parts.headers.insert(CONNECTION, HeaderValue::from_static("close"));
    }
    parts.extensions.insert(PublicText(detail));
    if format == RefusalFormat::OAuth {
        let answer = TokenError::plain("invalid_request", detail);
        return with_json(parts, "application/json", &answer);
    }
    let mut problem = plain(status, code, detail, ctx.request_id.as_str());
    if format == RefusalFormat::WithOAuth {
        (problem.error, problem.error_description) = (Some("invalid_request"), Some(detail));
    }
    with_json(parts, PROBLEM_JSON, &problem)
}

fn with_json(mut parts: Parts, kind: &'static str, body: &impl Serialize) -> Response {
    parts.headers.remove(CONTENT_LENGTH);
    parts.headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    Response::from_parts(parts, Body::from(serde_json::to_vec(body).unwrap_or_default()))
}

/// Logs the private cause of an error that is not sent, because the client has disconnected or has already received a
/// timeout.
pub(super) fn note_unsent(response: &Response) {
    if let Some(refusal) = response.extensions().get::<ApiError>() {
        note(&refusal.error);
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
        _ => tracing::debug!(code = error.code(), cause, "rejected"),
    }
}
