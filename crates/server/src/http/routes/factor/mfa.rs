use std::collections::HashMap;

use axum::{Json, extract::Path};
use portcullis_core::{
    factor::Method,
    service::{FactorStatus, ListedRecoveryCodes},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::{
    answers::{FactorAnswer, SignalAnswer},
    extract::{Authenticated, CurrentPassword, JsonBody, Viewing},
    openapi::{RealmPath, refusals},
    problem::ApiError,
};

/// Second factors of the caller.
#[derive(Serialize, ToSchema)]
pub(crate) struct MfaAnswer {
    /// Whether a password alone is not sufficient to log in.
    two_step: bool,
    /// `optional`, `required` or `off`.
    policy: &'static str,
    /// Kinds of factors that can be added and used.
    methods: Vec<&'static str>,
    /// The factors, newest first.
    factors: Vec<FactorAnswer>,
    /// Null if there are none.
    #[schema(required)]
    recovery_codes: Option<RecoveryAnswer>,
}

/// A set of recovery codes.
#[derive(Serialize, ToSchema)]
pub(crate) struct RecoveryAnswer {
    #[schema(example = 10)]
    left: usize,
    #[schema(format = DateTime)]
    created_at: String,
}

impl From<ListedRecoveryCodes> for RecoveryAnswer {
    fn from(codes: ListedRecoveryCodes) -> Self {
        Self { left: codes.left, created_at: codes.created_at.to_string() }
    }
}

impl From<FactorStatus> for MfaAnswer {
    fn from(status: FactorStatus) -> Self {
        Self {
            two_step: status.two_step,
            policy: status.policy.as_str(),
            methods: status.methods.into_iter().map(Method::as_str).collect(),
            factors: status.factors.into_iter().map(Into::into).collect(),
            recovery_codes: status.recovery_codes.map(Into::into),
        }
    }
}

refusals!(MfaRefusals: Problem [REALM, BEARER]);

/// List the caller's second factors
///
/// Returns whether two-step verification is on, and the second factors of the caller without their secrets.
#[utoipa::path(
    get, path = "/v1/{realm}/me/mfa", tag = "Second factors", security(("bearer" = [])),
    params(RealmPath),
    responses(
        (status = 200, description = "The caller's factors", body = MfaAnswer, example = json!({
            "two_step": true, "policy": "optional", "methods": ["passkey", "totp", "recovery_code"],
            "factors": [{
                "id": "qgfhl13dmdmn04qh7oqttabfms", "type": "totp", "name": "Authenticator app",
                "created_at": "2026-01-01T10:00:00Z", "last_used_at": null,
            }],
            "recovery_codes": {"left": 10, "created_at": "2026-01-01T10:00:00Z"},
        })),
        MfaRefusals,
    )
)]
pub(crate) async fn mfa(viewing: Viewing) -> Result<Json<MfaAnswer>, ApiError> {
    let Viewing { request, viewer } = viewing;
    Ok(Json(request.second_factors().status(&viewer).await?.into()))
}

/// New state of two-step verification.
#[derive(ToSchema)]
#[allow(
    dead_code,
    reason = "describes the body, which is read field by field so that all errors are reported together"
)]
struct TwoStepSwitch {
    #[schema(example = true)]
    two_step: bool,
    /// Current password. Required if the login is not recent and two-step verification is off.
    #[schema(example = "securepassword123", format = Password)]
    current_password: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct SwitchAnswer {
    two_step: bool,
    /// New recovery codes, returned only once.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = json!(["4kq7m-x2v9r-0b3nd"]))]
    recovery_codes: Option<Vec<String>>,
}

refusals!(SwitchRefusals: Problem [REALM, OWNER, JSON, HASHING, &[LIMITED, AUTH_STALE, AUTH_STALE_TWO_FACTORS, PASSWORD_WRONG, MFA_NO_FACTOR, MFA_REQUIRED_BY_POLICY], Fields(&[field("two_step", FIELD_NOT_BOOLEAN)])]);

/// Turn two-step verification on or off
///
/// When it is turned on, a password alone no longer opens a session, and all other sessions and trusted devices end.
/// Requires a recent login, with two factors if two-step verification is on.
#[utoipa::path(
    patch, path = "/v1/{realm}/me/mfa", tag = "Second factors", security(("bearer" = [])),
    params(RealmPath),
    request_body = TwoStepSwitch,
    responses(
        (status = 200, description = "Switched", body = SwitchAnswer, example = json!({"two_step": false})),
        SwitchRefusals,
    )
)]
pub(crate) async fn switch(
    authenticated: Authenticated,
    JsonBody(mut fields): JsonBody,
) -> Result<Json<SwitchAnswer>, ApiError> {
    let Authenticated { request, owner } = authenticated;
    let (two_step, current) = (fields.take("two_step"), fields.take("current_password"));
    fields.refuse_unknown()?;
    let switched = request.second_factors().switch(&owner, &current, &two_step).await?;
    let recovery_codes = switched.recovery_codes.map(|codes| codes.expose().map(str::to_owned).collect());
    Ok(Json(SwitchAnswer { two_step: switched.two_step, recovery_codes }))
}

/// The factor was removed.
#[derive(Serialize, ToSchema)]
pub(crate) struct RemovedFactor {
    /// Human-readable message.
    #[schema(example = "Factor removed")]
    message: &'static str,
    /// Data that the browser reports to the authenticators, if a passkey or security key was removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    signal: Option<SignalAnswer>,
}

refusals!(RemoveRefusals: Problem [REALM, OWNER, JSON, HASHING, &[LIMITED, AUTH_STALE, AUTH_STALE_TWO_FACTORS, PASSWORD_WRONG, LOGIN_LAST, MFA_REQUIRED_BY_POLICY], Fields(&[field("nickname", FIELD_UNKNOWN)])]);

/// Remove a second factor
///
/// Ends all other sessions and trusted devices. When the last factor is removed, the recovery codes are removed and
/// two-step verification is turned off. Requires a recent login, with two factors if two-step verification is on.
#[utoipa::path(
    delete, path = "/v1/{realm}/me/mfa/{id}", tag = "Second factors", security(("bearer" = [])),
    params(RealmPath, ("id" = String, Path, description = "Identifier of the factor", example = "qgfhl13dmdmn04qh7oqttabfms")),
    request_body(content = Option<CurrentPassword>, content_type = "application/json"),
    responses(
        (status = 200, description = "Removed", body = RemovedFactor, example = json!({"message": "Factor removed"})),
        RemoveRefusals,
    )
)]
pub(crate) async fn remove(
    authenticated: Authenticated,
    Path(path): Path<HashMap<String, String>>,
    CurrentPassword { current_password }: CurrentPassword,
) -> Result<Json<RemovedFactor>, ApiError> {
    let Authenticated { request, owner } = authenticated;
    let id = path.get("id").map(String::as_str).unwrap_or_default();
    let signal = request.second_factors().remove(&owner, &current_password, id).await?.map(Into::into);
    Ok(Json(RemovedFactor { message: "Factor removed", signal }))
}
