//! Bodies of error responses.

use axum::http::StatusCode;
use portcullis_core::{
    error::catalogue::{EMAIL_INVALID, LOGIN_REFUSED, MFA_REQUIRED, REFRESH_INVALID},
    factor::Method,
    service::{Challenged, FactorChallenge},
};
use serde::Serialize;

/// Problem document (RFC 9457) with our extensions.
#[derive(Serialize, utoipa::ToSchema)]
pub(in crate::http) struct Problem<'a> {
    /// `urn:portcullis:problem:` and the code.
    #[serde(rename = "type")]
    #[schema(example = json!(problem_type(LOGIN_REFUSED.code)))]
    kind: String,
    /// Reason phrase of the status.
    #[schema(example = "Unauthorized")]
    title: &'a str,
    /// HTTP status of the response.
    #[schema(example = 401)]
    status: u16,
    /// Human-readable message.
    #[schema(example = json!(LOGIN_REFUSED.detail))]
    detail: &'a str,
    /// Stable, machine-readable code.
    #[schema(example = json!(LOGIN_REFUSED.code))]
    code: &'a str,
    /// Request ID, as in the `X-Request-Id` header and the log.
    #[schema(example = "c7r3k1nq0v5t8a2m4e6g9h1j3d")]
    instance: &'a str,
    /// All invalid fields, for status 422.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(in crate::http) errors: Vec<FieldProblem<'a>>,
    /// Name of the setting whose limit was reached, for status 429.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "LIMIT_PASSWORDS_CLIENT")]
    pub(in crate::http) limit: Option<&'static str>,
    /// Error code of OAuth 2.0, if a login or token was requested.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "invalid_grant")]
    pub(in crate::http) error: Option<&'static str>,
    /// Error description of OAuth 2.0.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = json!(LOGIN_REFUSED.detail))]
    pub(in crate::http) error_description: Option<&'a str>,
    /// Ticket for `token` with `grant_type=urn:portcullis:mfa`, if the code is `mfa.required` after a correct password.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "uCeNTzntooPKZ_0rTSk_Owe-sYCJrB8M1v_uo5qYVrM")]
    mfa_token: Option<String>,
    /// Lifetime of the ticket in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 300)]
    expires_in: Option<u64>,
    /// Challenges that can complete the ticket, strongest first.
    #[serde(skip_serializing_if = "Option::is_none")]
    challenges: Option<Vec<ChallengeAnswer>>,
    /// Credential that the browser can delete, for `signalUnknownCredential`, if the code is `passkey.refused`.
    #[serde(skip_serializing_if = "Option::is_none")]
    signal: Option<UnknownCredentialAnswer>,
}

/// A credential unknown to the server, in the format of the browser's `signalUnknownCredential`.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = UnknownCredential)]
#[serde(rename_all = "camelCase")]
pub(in crate::http) struct UnknownCredentialAnswer {
    #[schema(example = "accounts.example.com")]
    pub(in crate::http) rp_id: String,
    #[schema(example = "x9QmV1c0")]
    pub(in crate::http) credential_id: String,
}

impl Problem<'_> {
    /// Adds a credential that the browser can delete.
    pub(in crate::http) fn with_signal(self, signal: Option<UnknownCredentialAnswer>) -> Self {
        Self { signal, ..self }
    }

    /// Adds a ticket.
    pub(in crate::http) fn with_ticket(self, ticket: Option<TicketAnswer>) -> Self {
        match ticket {
            Some(TicketAnswer { mfa_token, expires_in, challenges }) => {
                Self { mfa_token: Some(mfa_token), expires_in: Some(expires_in), challenges: Some(challenges), ..self }
            }
            None => self,
        }
    }
}

/// Ticket of a login or re-authentication that requires another factor.
#[derive(Clone, Debug)]
pub(in crate::http) struct TicketAnswer {
    mfa_token: String,
    expires_in: u64,
    challenges: Vec<ChallengeAnswer>,
}

/// A way to complete a ticket.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = MfaChallenge)]
pub(in crate::http) struct ChallengeAnswer {
    /// `password`, `passkey` (also a security key), `totp`, `sms`, `recovery_code`, `enroll` (add a first factor) or
    /// `login` (log in again).
    #[schema(example = "totp")]
    r#type: &'static str,
    /// Last digits of the phone number, for `sms`.
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<String>,
    /// Kinds of factors that can be added, for `enroll`.
    #[serde(skip_serializing_if = "Option::is_none")]
    methods: Option<Vec<&'static str>>,
}

impl From<FactorChallenge> for ChallengeAnswer {
    fn from(challenge: FactorChallenge) -> Self {
        let plain = |r#type| Self { r#type, to: None, methods: None };
        match challenge {
            FactorChallenge::Password => plain("password"),
            FactorChallenge::Passkey => plain(Method::Passkey.as_str()),
            FactorChallenge::Login => plain("login"),
            FactorChallenge::Totp => plain(Method::Totp.as_str()),
            FactorChallenge::Sms(to) => Self { to: Some(to), ..plain(Method::Sms.as_str()) },
            FactorChallenge::RecoveryCode => plain(Method::RecoveryCode.as_str()),
            FactorChallenge::Enroll(methods) => {
                Self { methods: Some(methods.into_iter().map(Method::as_str).collect()), ..plain("enroll") }
            }
        }
    }
}

impl From<Challenged> for TicketAnswer {
    fn from(challenged: Challenged) -> Self {
        Self {
            mfa_token: challenged.ticket.expose().to_owned(),
            expires_in: challenged.expires_in.as_secs(),
            challenges: challenged.challenges.into_iter().map(Into::into).collect(),
        }
    }
}

impl TicketAnswer {
    /// Returns the ticket of the examples.
    pub(in crate::http) fn sample() -> Self {
        let challenges = [FactorChallenge::Totp, FactorChallenge::RecoveryCode];
        Self {
            mfa_token: "uCeNTzntooPKZ_0rTSk_Owe-sYCJrB8M1v_uo5qYVrM".to_owned(),
            expires_in: 300,
            challenges: challenges.map(Into::into).into(),
        }
    }
}

/// Error response of RFC 6749 §5.2.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = OAuthError)]
pub(in crate::http) struct TokenError<'a> {
    #[schema(example = "invalid_grant")]
    pub(in crate::http) error: &'static str,
    #[schema(example = json!(REFRESH_INVALID.detail))]
    pub(in crate::http) error_description: &'a str,
    /// Name of the setting whose limit was reached, for status 429.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "LIMIT_REFRESHES_ACCOUNT")]
    pub(in crate::http) limit: Option<&'static str>,
    /// Error code, for `mfa_required`, `interaction_required` and `access_denied`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "mfa.required")]
    code: Option<&'static str>,
    /// Ticket for `grant_type=urn:portcullis:mfa`, if the error is `mfa_required`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "uCeNTzntooPKZ_0rTSk_Owe-sYCJrB8M1v_uo5qYVrM")]
    mfa_token: Option<String>,
    /// Lifetime of the ticket in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 300)]
    expires_in: Option<u64>,
    /// Challenges that can complete the ticket, strongest first.
    #[serde(skip_serializing_if = "Option::is_none")]
    challenges: Option<Vec<ChallengeAnswer>>,
}

impl<'a> TokenError<'a> {
    /// Creates an error without optional members.
    pub(in crate::http) fn plain(error: &'static str, error_description: &'a str) -> Self {
        Self { error, error_description, limit: None, code: None, mfa_token: None, expires_in: None, challenges: None }
    }

    /// Adds the name of the setting whose limit was reached.
    pub(in crate::http) fn with_limit(self, limit: Option<&'static str>) -> Self {
        Self { limit, ..self }
    }

    /// Adds the code of the error.
    pub(in crate::http) fn with_code(self, code: Option<&'static str>) -> Self {
        Self { code, ..self }
    }

    /// Adds a ticket.
    pub(in crate::http) fn with_ticket(self, ticket: Option<TicketAnswer>) -> Self {
        match ticket {
            Some(TicketAnswer { mfa_token, expires_in, challenges }) => Self {
                code: Some(MFA_REQUIRED.code),
                mfa_token: Some(mfa_token),
                expires_in: Some(expires_in),
                challenges: Some(challenges),
                ..self
            },
            None => self,
        }
    }
}

/// A field that was rejected.
#[derive(Clone, Copy, Debug, Serialize, utoipa::ToSchema)]
// The schema has this name in generated clients.
#[schema(as = Fault)]
pub(in crate::http) struct FieldProblem<'a> {
    /// Name of the field in the request.
    #[schema(example = "email")]
    pub(in crate::http) field: &'a str,
    /// Stable, machine-readable code.
    #[schema(example = json!(EMAIL_INVALID.code))]
    pub(in crate::http) code: &'static str,
    /// Human-readable message.
    #[schema(example = json!(EMAIL_INVALID.detail))]
    pub(in crate::http) detail: &'a str,
}

/// Returns the problem type for this code: a URN, because no page describes it.
fn problem_type(code: &str) -> String {
    format!("urn:portcullis:problem:{code}")
}

/// Creates a problem with this code and without optional members.
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
        mfa_token: None,
        expires_in: None,
        challenges: None,
        signal: None,
    }
}
