//! Bodies of refusals.

use axum::http::StatusCode;
use portcullis_core::error::catalogue::{EMAIL_INVALID, LOGIN_REFUSED, REFRESH_INVALID};
use serde::Serialize;

/// The document of RFC 9457, with our extensions.
#[derive(Serialize, utoipa::ToSchema)]
pub(in crate::http) struct Problem<'a> {
    /// `urn:portcullis:problem:` and the code.
    #[serde(rename = "type")]
    #[schema(example = json!(problem_type(LOGIN_REFUSED.code)))]
    kind: String,
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
    pub(in crate::http) errors: Vec<FieldProblem<'a>>,
    /// With 429: the name of the setting whose limit is reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "LIMIT_PASSWORDS_CLIENT")]
    pub(in crate::http) limit: Option<&'static str>,
    /// OAuth 2.0's name for it, where a login or token was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "invalid_grant")]
    pub(in crate::http) error: Option<&'static str>,
    /// OAuth 2.0's description.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = json!(LOGIN_REFUSED.detail))]
    pub(in crate::http) error_description: Option<&'a str>,
}

/// The errors of RFC 6749 §5.2.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = OAuthError)]
pub(in crate::http) struct TokenError<'a> {
    #[schema(example = "invalid_grant")]
    pub(in crate::http) error: &'static str,
    #[schema(example = json!(REFRESH_INVALID.detail))]
    pub(in crate::http) error_description: &'a str,
    /// With 429: the name of the setting whose limit is reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "LIMIT_REFRESHES_ACCOUNT")]
    pub(in crate::http) limit: Option<&'static str>,
}

/// One field that was refused.
#[derive(Clone, Copy, Debug, Serialize, utoipa::ToSchema)]
// Clients that are generated from the description have this name.
#[schema(as = Fault)]
pub(in crate::http) struct FieldProblem<'a> {
    /// Its name in the request.
    #[schema(example = "email")]
    pub(in crate::http) field: &'a str,
    /// A stable word.
    #[schema(example = json!(EMAIL_INVALID.code))]
    pub(in crate::http) code: &'static str,
    /// For a person.
    #[schema(example = json!(EMAIL_INVALID.detail))]
    pub(in crate::http) detail: &'a str,
}

/// Returns the type of the problems with this code: a name, since no page describes it.
fn problem_type(code: &str) -> String {
    format!("urn:portcullis:problem:{code}")
}

/// Makes a problem of this code without optional members.
pub(in crate::http) fn plain<'a>(status: StatusCode, code: &'a str, detail: &'a str, instance: &'a str) -> Problem<'a> {
    Problem {
        kind: problem_type(code),
        title: status.canonical_reason().unwrap_or("Error"),
        status: status.as_u16(),
        detail,
        code,
        instance,
        errors: Vec::new(),
        limit: None,
        error: None,
        error_description: None,
    }
}
