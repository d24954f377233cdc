use axum::{Json, http::StatusCode};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::{
    extract::{Authenticated, CurrentPassword, JsonBody},
    openapi::{RealmPath, refusals},
    problem::ApiError,
    routes::Message,
};

/// A new phone number for the caller.
#[derive(ToSchema)]
#[allow(
    dead_code,
    reason = "describes the body, which is read field by field so that all errors are reported together"
)]
struct NewPhone {
    #[schema(example = "+1234567890")]
    phone: String,
    /// Current password. Required if the login is not recent.
    #[schema(example = "securepassword123", format = Password)]
    current_password: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct PendingPhone {
    #[schema(example = "OTP generated successfully")]
    message: &'static str,
    /// Handle to send with the code to `verify_otp_phone`. The code itself is only sent by SMS.
    #[schema(example = "0dCHWHe1acJYZTg2uYNh9sY7KL8pDwwNjKKlGVroqao")]
    handle: String,
    /// Same value as `handle`.
    #[schema(example = "0dCHWHe1acJYZTg2uYNh9sY7KL8pDwwNjKKlGVroqao")]
    otp: String,
    /// Lifetime in seconds.
    #[schema(example = 300)]
    expires_in: u64,
}

refusals!(PhoneRefusals: Problem [REALM, OWNER, JSON, HASHING, &[LIMITED, AUTH_STALE, AUTH_STALE_TWO_FACTORS, PASSWORD_WRONG, SMS_UNAVAILABLE], Fields(&[field("phone", PHONE_INVALID), field("nickname", FIELD_UNKNOWN)])]);

/// Request a phone number change
///
/// Sends a code to the new number and replaces an earlier request. The number changes when the code is verified.
/// Requires a recent login or the current password.
#[utoipa::path(
    post, path = "/v1/{realm}/me/phone", tag = "Accounts", security(("bearer" = [])),
    params(RealmPath),
    request_body = NewPhone,
    responses(
        (status = 202, description = "The change is pending until the code is verified", body = PendingPhone),
        PhoneRefusals,
    )
)]
pub(crate) async fn request_phone(
    authenticated: Authenticated,
    JsonBody(mut fields): JsonBody,
) -> Result<(StatusCode, Json<PendingPhone>), ApiError> {
    let Authenticated { request, owner } = authenticated;
    let (phone, current) = (fields.take_phone("phone"), fields.take("current_password"));
    fields.refuse_unknown()?;
    let handle = request.accounts().request_phone_change(&owner, &phone, &current).await?.expose().to_owned();
    let expires_in = request.realm.policy.otp_ttl.as_secs();
    let message = "OTP generated successfully";
    Ok((StatusCode::ACCEPTED, Json(PendingPhone { message, otp: handle.clone(), handle, expires_in })))
}

refusals!(RemovePhoneRefusals: Problem [REALM, OWNER, JSON, HASHING, &[LIMITED, AUTH_STALE, AUTH_STALE_TWO_FACTORS, PASSWORD_WRONG, MFA_REQUIRED_BY_POLICY], Fields(&[field("phone", FIELD_MISSING), field("nickname", FIELD_UNKNOWN)])]);

/// Remove the phone number
///
/// Removes the caller's number, unless registrations require one, and SMS as a second factor. Requires a recent login
/// or the current password.
#[utoipa::path(
    delete, path = "/v1/{realm}/me/phone", tag = "Accounts", security(("bearer" = [])),
    params(RealmPath),
    request_body(content = Option<CurrentPassword>, content_type = "application/json"),
    responses(
        (status = 200, description = "Removed", body = Message, example = json!({"message": "Phone number removed"})),
        RemovePhoneRefusals,
    )
)]
pub(crate) async fn remove_phone(
    authenticated: Authenticated,
    CurrentPassword { current_password }: CurrentPassword,
) -> Result<Json<Message>, ApiError> {
    let Authenticated { request, owner } = authenticated;
    request.accounts().remove_phone(&owner, &current_password).await?;
    Ok(Message::say("Phone number removed"))
}
