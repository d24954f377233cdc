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
#[allow(dead_code, reason = "describes the body, which is read field by field so that every fault is named at once")]
struct PasswordChange {
    #[schema(example = "securepassword123", format = Password)]
    current_password: String,
    /// At least 8 characters; 15 are advised.
    #[schema(example = "violet-teapot-hammer", format = Password)]
    new_password: String,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct PasswordChanged {
    #[schema(example = "Password changed successfully")]
    message: &'static str,
    /// The value that names this device at its next login, for clients without cookies.
    #[schema(example = "Zx0mPp3Yt0mHqfVbO0gYtAAAAZrNf0sAk3mT1oJmZ7c3Yp3c8iU2nXo4p1rQkqf3o8b9c2d1e0f")]
    device: String,
}

refusals!(PasswordRefusals: Problem [REALM, OWNER, JSON, HASHING, &[LIMITED, PASSWORD_WRONG], Fields(&[field("current_password", FIELD_MISSING), field("new_password", PASSWORD_UNCHANGED)])]);

/// Change the password
///
/// Needs the current password. Ends all other sessions of the caller. The mail to the caller has a link that undoes the change.
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
