use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::{
    extract::{Authenticated, DeviceCookie, JsonBody},
    openapi::{RealmPath, refusals},
    problem::ApiError,
    state::AppState,
};

/// A change of the caller's password.
#[derive(ToSchema)]
#[allow(
    dead_code,
    reason = "describes the body, which is read field by field so that all errors are reported together"
)]
struct PasswordChange {
    /// Current password. Required if the account has a password.
    #[schema(example = "securepassword123", format = Password)]
    current_password: Option<String>,
    /// At least 8 characters; 15 are recommended.
    #[schema(example = "violet-teapot-hammer", format = Password)]
    new_password: String,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct PasswordChanged {
    #[schema(example = "Password changed successfully")]
    message: &'static str,
    /// Value that identifies this device at its next login, for clients without cookies.
    #[schema(example = "Zx0mPp3Yt0mHqfVbO0gYtAAAAZrNf0sAk3mT1oJmZ7c3Yp3c8iU2nXo4p1rQkqf3o8b9c2d1e0f")]
    device: String,
}

refusals!(PasswordRefusals: Problem [REALM, OWNER, JSON, HASHING, &[LIMITED, AUTH_STALE, AUTH_STALE_TWO_FACTORS, PASSWORD_WRONG], Fields(&[field("current_password", FIELD_MISSING), field("new_password", PASSWORD_UNCHANGED)])]);

/// Change the password
///
/// Requires the current password, or a recent login if the account has no password. Ends all other sessions of the
/// caller. The email to the caller contains a link that undoes the change.
#[utoipa::path(
    post, path = "/v1/{realm}/me/password", tag = "Accounts", security(("bearer" = [])),
    params(RealmPath),
    request_body = PasswordChange,
    responses(
        (status = 200, description = "Changed", body = PasswordChanged),
        PasswordRefusals,
    )
)]
pub(crate) async fn password(
    State(state): State<AppState>,
    authenticated: Authenticated,
    cookie: DeviceCookie,
    JsonBody(mut fields): JsonBody,
) -> Result<Response, ApiError> {
    let Authenticated { request, owner } = authenticated;
    let (current, new) = (fields.take("current_password"), fields.take("new_password"));
    fields.refuse_unknown()?;
    let device = request.accounts().change_password(&owner, &current, &new).await?;
    let answer = PasswordChanged { message: "Password changed successfully", device: device.clone() };
    Ok(cookie.add(Json(answer).into_response(), &state, &device))
}

/// The account has no password.
#[derive(Serialize, ToSchema)]
pub(crate) struct PasswordRemoved {
    #[schema(example = "Password removed")]
    message: &'static str,
    /// New recovery codes, returned only once.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = json!(["4kq7m-x2v9r-0b3nd"]))]
    recovery_codes: Option<Vec<String>>,
}

refusals!(RemoveRefusals: Problem [REALM, OWNER, &[AUTH_STALE_PASSKEY, LOGIN_LAST]]);

/// Remove the password
///
/// Afterwards only passkeys can be used to log in: every password is rejected, and two-step verification is on. Ends
/// all other sessions. Requires a recent login or re-authentication (`me/step_up`) with a passkey, and a second
/// passkey or recovery codes. `POST me/password` sets a password again.
#[utoipa::path(
    delete, path = "/v1/{realm}/me/password", tag = "Passkeys", security(("bearer" = [])),
    params(RealmPath),
    responses(
        (status = 200, description = "Removed", body = PasswordRemoved, example = json!({"message": "Password removed"})),
        RemoveRefusals,
    )
)]
pub(crate) async fn remove_password(authenticated: Authenticated) -> Result<Json<PasswordRemoved>, ApiError> {
    let Authenticated { request, owner } = authenticated;
    let codes = request.accounts().remove_password(&owner).await?;
    let recovery_codes = codes.map(|codes| codes.expose().map(str::to_owned).collect());
    Ok(Json(PasswordRemoved { message: "Password removed", recovery_codes }))
}
