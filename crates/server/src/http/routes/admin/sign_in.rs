use std::time::Duration;

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use utoipa::ToSchema;

use crate::http::{
    extract::{AdminCookie, AdminDoor, AdminSelf, JsonBody, Second},
    openapi::refusals,
    problem::ApiError,
    routes::Message,
    state::AppState,
};

/// Credentials of an administrator.
#[derive(ToSchema)]
#[allow(
    dead_code,
    reason = "describes the body, which is read field by field so that all errors are reported together"
)]
struct AdminCredentials {
    #[schema(example = "ada@example.com")]
    email: String,
    #[schema(example = "securepassword123", format = Password)]
    password: String,
    /// Code of a second factor, if the administrator has one.
    #[schema(example = "123456")]
    code: Option<String>,
    /// Kind of the code: `totp` or `recovery_code`.
    r#type: Option<String>,
}

refusals!(SignInRefusals: Problem [REALM, JSON, HASHING, &[LIMITED, LOGIN_REFUSED, MFA_INVALID, ADMIN_CODE_REQUIRED, PASSWORD_CHANGE_REQUIRED], Fields(&[field("email", FIELD_MISSING), field("password", FIELD_MISSING), field("nickname", FIELD_UNKNOWN)])]);

/// Sign in as an administrator
///
/// Sets a session cookie. The session ends after 30 minutes of inactivity, and after 12 hours at the latest.
/// State-changing requests with the cookie must come from a page of the server (`Sec-Fetch-Site: same-origin` or a
/// matching `Origin`).
#[utoipa::path(
    operation_id = "admin_sign_in_sign_in",
    post, path = "/v1/admin/sign_in", tag = "Administration",
    request_body = AdminCredentials,
    responses(
        (status = 200, description = "Signed in", body = Message, example = json!({"message": "Signed in"})),
        SignInRefusals,
    )
)]
pub(crate) async fn sign_in(
    State(state): State<AppState>,
    door: AdminDoor,
    JsonBody(mut fields): JsonBody,
) -> Result<Response, ApiError> {
    let (email, password) = (fields.take_address("email"), fields.take("password"));
    let second = Second::take(&mut fields);
    fields.refuse_unknown()?;
    let signed_in = door.administration()?.sign_in(&email, &password, second.as_second_factor()).await?;
    Ok(AdminCookie::set(&state, Message::say("Signed in").into_response(), &signed_in.cookie, signed_in.lifetime))
}

refusals!(SignOutRefusals: Problem [ADMIN]);

/// Sign out
///
/// Ends the session of the cookie.
#[utoipa::path(
    operation_id = "admin_sign_in_sign_out",
    post, path = "/v1/admin/sign_out", tag = "Administration", security(("admin_session" = [])),
    responses(
        (status = 200, description = "Signed out", body = Message, example = json!({"message": "Signed out"})),
        SignOutRefusals,
    )
)]
pub(crate) async fn sign_out(State(state): State<AppState>, request: AdminSelf) -> Result<Response, ApiError> {
    request.door.administration()?.sign_out(&request.admin).await?;
    Ok(AdminCookie::set(&state, Message::say("Signed out").into_response(), "", Duration::ZERO))
}
