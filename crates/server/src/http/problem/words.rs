//! Status code, headers and OAuth 2.0 error of each kind of error. Only this file maps domain errors to status codes.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header::WWW_AUTHENTICATE};
use portcullis_core::{
    Error,
    error::{
        ErrorKind, Needed,
        catalogue::{
            ACCOUNT_LOCKED, CLIENT_GRANT_REFUSED, MFA_REQUIRED, PASSWORD_CHANGE_REQUIRED, SCOPE_INVALID, SCOPE_MISSING,
            SIGNUP_CLOSED, SOCIAL_INTERACTION, TOKEN_TWICE, UNSUPPORTED_GRANT,
        },
    },
    session::Assurance,
};

use crate::http::layers::alias::RequestRealm;

/// Status of a form that is shown again with its errors.
pub(in crate::http) const REFUSED_FORM: StatusCode = StatusCode::UNPROCESSABLE_ENTITY;
/// Status of the sign-in page after a wrong password.
pub(in crate::http) const WRONG_SIGN_IN: StatusCode = StatusCode::UNAUTHORIZED;
/// Status of the page that is shown if sign-up is closed.
pub(in crate::http) const CLOSED: StatusCode = StatusCode::FORBIDDEN;

/// Returns the status of a kind of error.
pub(in crate::http) const fn status(kind: ErrorKind) -> StatusCode {
    match kind {
        ErrorKind::Malformed | ErrorKind::BadLink => StatusCode::BAD_REQUEST,
        ErrorKind::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
        ErrorKind::NoCredentials
        | ErrorKind::BadToken
        | ErrorKind::Refused
        | ErrorKind::BadClient
        | ErrorKind::Stale { .. } => StatusCode::UNAUTHORIZED,
        ErrorKind::Forbidden => StatusCode::FORBIDDEN,
        ErrorKind::NotFound => StatusCode::NOT_FOUND,
        ErrorKind::Conflict => StatusCode::CONFLICT,
        ErrorKind::Unconditional => StatusCode::PRECONDITION_REQUIRED,
        ErrorKind::Outdated => StatusCode::PRECONDITION_FAILED,
        ErrorKind::Limited(_) => StatusCode::TOO_MANY_REQUESTS,
        ErrorKind::Overloaded(_) | ErrorKind::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
        ErrorKind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// Returns the value of `Retry-After`: whole seconds, rounded up.
pub(in crate::http) fn retry_after(kind: ErrorKind) -> Option<HeaderValue> {
    match kind {
        ErrorKind::Limited(wait) | ErrorKind::Overloaded(wait) | ErrorKind::Unavailable(wait) => {
            Some(HeaderValue::from(wait.as_millis().div_ceil(1000).max(1) as u64))
        }
        _ => None,
    }
}

/// Returns the status at the token endpoint, where wrong user credentials are 400 (RFC 6749 §5.2).
pub(in crate::http) fn oauth_status(kind: ErrorKind, code: &str) -> StatusCode {
    match kind {
        // The password is correct, so the ticket is not an error of RFC 6749.
        ErrorKind::Forbidden if code == MFA_REQUIRED.code => StatusCode::FORBIDDEN,
        // The same applies to a valid ID token of a provider.
        ErrorKind::Forbidden if is_answer_of_exchange(code) => StatusCode::FORBIDDEN,
        ErrorKind::Invalid | ErrorKind::Refused | ErrorKind::Forbidden => StatusCode::BAD_REQUEST,
        other => status(other),
    }
}

/// Sets `WWW-Authenticate` (RFC 6750 §3): without an error if credentials are missing, and without the reason if they
/// are invalid.
pub(super) fn set_challenge(headers: &mut HeaderMap, error: &Error, realm: Option<&RequestRealm>) {
    let name = realm.map_or("portcullis", |of| of.0.name.as_str());
    let challenge = match error.kind() {
        ErrorKind::Malformed if error.code() == TOKEN_TWICE.code => {
            let description = error.detail().trim_end_matches('.');
            format!("Bearer realm=\"{name}\", error=\"invalid_request\", error_description=\"{description}\"")
        }
        ErrorKind::Forbidden if error.code() == SCOPE_MISSING.code => {
            format!("Bearer realm=\"{name}\", error=\"insufficient_scope\", scope=\"openid\"")
        }
        ErrorKind::NoCredentials | ErrorKind::Refused => format!("Bearer realm=\"{name}\""),
        ErrorKind::BadClient => format!("Basic realm=\"{name}\", charset=\"UTF-8\""),
        ErrorKind::BadToken => format!(
            "Bearer realm=\"{name}\", error=\"invalid_token\", error_description=\"The access token is invalid or expired\""
        ),
        ErrorKind::Stale { max_age, needs } => {
            let (words, class) = match needs {
                Needed::Passkey => ("A recent login with a passkey", Some(Assurance::PhishingResistant)),
                Needed::TwoFactors => ("A recent login with two factors", Some(Assurance::TwoFactors)),
                Needed::Nothing => ("A more recent login", None),
            };
            let classes = class.map(|class| format!(", acr_values=\"{}\"", class.acr())).unwrap_or_default();
            let max_age = max_age.as_secs();
            format!(
                "Bearer realm=\"{name}\", error=\"insufficient_user_authentication\", error_description=\"{words} is needed\"{classes}, max_age=\"{max_age}\""
            )
        }
        _ => return,
    };
    if let Ok(challenge) = HeaderValue::from_str(&challenge) {
        headers.insert(WWW_AUTHENTICATE, challenge);
    }
}

/// Returns the OAuth 2.0 error of a kind (RFC 6749 §5.2). `email_not_verified` was defined by the original service.
pub(in crate::http) fn oauth_word(kind: ErrorKind, code: &str) -> &'static str {
    match kind {
        ErrorKind::Forbidden if code == PASSWORD_CHANGE_REQUIRED.code => "password_change_required",
        ErrorKind::Forbidden if code == ACCOUNT_LOCKED.code => "account_locked",
        ErrorKind::Forbidden if code == MFA_REQUIRED.code => "mfa_required",
        ErrorKind::Refused => "invalid_grant",
        ErrorKind::BadClient => "invalid_client",
        ErrorKind::Forbidden => "email_not_verified",
        ErrorKind::Limited(_) | ErrorKind::Overloaded(_) | ErrorKind::Unavailable(_) => "temporarily_unavailable",
        ErrorKind::Internal => "server_error",
        _ => "invalid_request",
    }
}

/// Returns the error at the token endpoint, where an unverified address is also `invalid_grant`.
pub(in crate::http) fn grant_word(kind: ErrorKind, code: &str) -> &'static str {
    match kind {
        ErrorKind::Forbidden if code == MFA_REQUIRED.code => "mfa_required",
        ErrorKind::Forbidden if code == SOCIAL_INTERACTION.code => "interaction_required",
        ErrorKind::Forbidden if code == SIGNUP_CLOSED.code => "access_denied",
        ErrorKind::Forbidden => "invalid_grant",
        _ if code == UNSUPPORTED_GRANT.code => UNSUPPORTED_GRANT.code,
        _ if code == CLIENT_GRANT_REFUSED.code => CLIENT_GRANT_REFUSED.code,
        _ if code == SCOPE_INVALID.code => SCOPE_INVALID.code,
        _ => oauth_word(kind, code),
    }
}

/// Returns whether the error is a response to a valid token exchange that requires a page or needs an open sign-up.
pub(super) fn is_answer_of_exchange(code: &str) -> bool {
    code == SOCIAL_INTERACTION.code || code == SIGNUP_CLOSED.code
}
