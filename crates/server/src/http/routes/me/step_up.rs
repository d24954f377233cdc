use axum::Json;
use portcullis_core::service::{RawField, SecondFactor, StepUp, Stepped};
use utoipa::ToSchema;

use crate::http::{
    answers::StepUpAnswer,
    extract::{Authenticated, JsonBody},
    openapi::{RealmPath, refusals},
    problem::{ApiError, challenged},
};

/// Proof of the caller's identity.
#[derive(ToSchema)]
#[allow(
    dead_code,
    reason = "describes the body, which is read field by field so that all errors are reported together"
)]
struct Reauthentication {
    #[schema(example = "securepassword123", format = Password)]
    current_password: Option<String>,
    /// Code of a second factor.
    #[schema(example = "123456")]
    code: Option<String>,
    /// Kind of the code: `totp`, `sms` or `recovery_code`.
    r#type: Option<String>,
    /// Authentication context classes, separated by spaces, in order of preference. `urn:portcullis:aal2` means two
    /// factors.
    #[schema(example = "urn:portcullis:aal2")]
    acr_values: Option<String>,
    /// Maximum age of the last authentication in seconds. Defaults to `FRESH_AUTH_AGE`.
    #[schema(example = 600)]
    max_age: Option<u64>,
}

refusals!(StepUpRefusals: Problem [REALM, OWNER, JSON, HASHING, &[LIMITED, PASSWORD_WRONG, MFA_INVALID, MFA_NO_FACTOR], Fields(&[field("max_age", MAX_AGE_INVALID)])], WithOAuth [&[MFA_REQUIRED]]);

/// Authenticate again
///
/// Returns a new access token for the same session, for routes that require recent or stronger authentication. Later
/// refreshes keep the new `auth_time`, `acr` and `amr`. The refresh token remains valid. If two-step verification is
/// off, the current password is required; if it is on, the password and a code. If one is missing, the response is
/// `mfa.required` with a ticket for `token`.
#[utoipa::path(
    post, path = "/v1/{realm}/me/step_up", tag = "Accounts", security(("bearer" = [])),
    params(RealmPath),
    request_body = Reauthentication,
    responses(
        (status = 200, description = "Authenticated", body = StepUpAnswer),
        StepUpRefusals,
    )
)]
pub(crate) async fn step_up(
    authenticated: Authenticated,
    JsonBody(mut fields): JsonBody,
) -> Result<Json<StepUpAnswer>, ApiError> {
    let Authenticated { request, owner } = authenticated;
    let (current, code, kind) = (fields.take("current_password"), fields.take("code"), fields.take("type"));
    let (acr_values, max_age) = (fields.take("acr_values"), fields.take("max_age"));
    fields.refuse_unknown()?;
    let second = SecondFactor { code: &code, kind: &kind, remember: &RawField::Missing };
    let asked = StepUp { current_password: &current, second, acr_values: &acr_values, max_age: &max_age };
    match request.sessions().step_up(&owner, &asked).await? {
        Stepped::Up(up) => Ok(Json(up.access.into())),
        Stepped::Challenged(ticket) => Err(challenged(ticket)),
    }
}
