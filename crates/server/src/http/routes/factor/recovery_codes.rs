use axum::{Json, http::StatusCode};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::{
    extract::{Authenticated, CurrentPassword},
    openapi::{RealmPath, refusals},
    problem::ApiError,
};

/// New recovery codes, returned only once.
#[derive(Serialize, ToSchema)]
pub(crate) struct CodesAnswer {
    #[schema(example = json!(["4kq7m-x2v9r-0b3nd", "9c0tz-6hw1e-s8pfa"]))]
    recovery_codes: Vec<String>,
}

refusals!(RenewRefusals: Problem [REALM, OWNER, JSON, HASHING, &[LIMITED, AUTH_STALE, AUTH_STALE_TWO_FACTORS, PASSWORD_WRONG, MFA_NO_FACTOR], Fields(&[field("nickname", FIELD_UNKNOWN)])]);

/// Create new recovery codes
///
/// Returns ten codes, each of which replaces a second factor once. They are only returned here. Earlier codes become
/// invalid. Requires a recent login, with two factors if two-step verification is on.
#[utoipa::path(
    post, path = "/v1/{realm}/me/mfa/recovery_codes", tag = "Second factors", security(("bearer" = [])),
    params(RealmPath),
    request_body(content = Option<CurrentPassword>, content_type = "application/json"),
    responses((status = 201, description = "The new codes", body = CodesAnswer), RenewRefusals)
)]
pub(crate) async fn renew(
    authenticated: Authenticated,
    CurrentPassword { current_password }: CurrentPassword,
) -> Result<(StatusCode, Json<CodesAnswer>), ApiError> {
    let Authenticated { request, owner } = authenticated;
    let codes = request.second_factors().renew_recovery_codes(&owner, &current_password).await?;
    let recovery_codes = codes.expose().map(str::to_owned).collect();
    Ok((StatusCode::CREATED, Json(CodesAnswer { recovery_codes })))
}
