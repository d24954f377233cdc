use axum::{Json, http::StatusCode};

use super::totp::AddedAnswer;
use crate::http::{
    extract::{Authenticated, CurrentPassword},
    openapi::{RealmPath, refusals},
    problem::ApiError,
};

refusals!(SmsRefusals: Problem [REALM, OWNER, JSON, HASHING, &[LIMITED, AUTH_STALE, AUTH_STALE_TWO_FACTORS, PASSWORD_WRONG, PHONE_UNVERIFIED, PHONE_DISPUTED, MFA_STRONGER_FIRST, MFA_TOO_MANY], Fields(&[field("nickname", FIELD_UNKNOWN)])]);

/// Add SMS as a second factor
///
/// Codes are sent to the verified phone number of the caller, who must have an authenticator app first. Available if
/// `MFA_METHODS` contains `sms`. The email to the caller contains a link that undoes the addition. Requires a recent
/// login, with two factors if two-step verification is on.
#[utoipa::path(
    post, path = "/v1/{realm}/me/mfa/sms", tag = "Second factors", security(("bearer" = [])),
    params(RealmPath),
    request_body(content = Option<CurrentPassword>, content_type = "application/json"),
    responses(
        (status = 201, description = "Added", body = AddedAnswer, example = json!({
            "id": "qgfhl13dmdmn04qh7oqttabfms", "type": "sms", "name": "•••90", "created_at": "2026-01-01T10:00:00Z",
            "last_used_at": null,
        })),
        SmsRefusals,
    )
)]
pub(crate) async fn add(
    authenticated: Authenticated,
    CurrentPassword { current_password }: CurrentPassword,
) -> Result<(StatusCode, Json<AddedAnswer>), ApiError> {
    let Authenticated { request, owner } = authenticated;
    let added = request.second_factors().add_sms(&owner, &current_password).await?;
    Ok((StatusCode::CREATED, Json(added.into())))
}
