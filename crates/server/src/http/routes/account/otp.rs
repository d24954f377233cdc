use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::{
    extract::{AnyBody, Fields, JsonOrQuery, Query, RealmRequest, SkipOnHead},
    openapi::{RealmPath, refusals},
    problem::ApiError,
    routes::Message,
};

/// Body of `otp_phone`, which can also be sent as query parameters.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes the body, which is read field by field")]
struct PhoneOfUser {
    #[schema(example = "1k0v6sq7t2m8g4c9e5r3n1h0ja")]
    id: String,
    #[schema(example = "+1234567890")]
    phone: String,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct OtpAnswer {
    #[schema(example = "OTP generated successfully")]
    message: &'static str,
    /// Handle to send with the code. The code itself is only sent by SMS.
    #[schema(example = "0dCHWHe1acJYZTg2uYNh9sY7KL8pDwwNjKKlGVroqao")]
    otp: String,
    /// Same value as `otp`.
    #[schema(example = "0dCHWHe1acJYZTg2uYNh9sY7KL8pDwwNjKKlGVroqao")]
    handle: String,
}

refusals!(OtpRefusals: Problem [REALM, JSON, &[LIMITED, SMS_UNAVAILABLE], Fields(&[field("id", FIELD_MISSING), field("phone", PHONE_INVALID)])]);

/// Send a code
///
/// Sends a code to a user's own phone number. The response is the same whether or not `id` and `phone` belong together;
/// an SMS is sent only if they do. The code is valid for five minutes and five attempts.
#[utoipa::path(
    post, path = "/v1/{realm}/otp_phone", tag = "Accounts",
    params(
        RealmPath,
        ("id" = Option<String>, Query, description = "The user, instead of in the body", example = "1k0v6sq7t2m8g4c9e5r3n1h0ja"),
        ("phone" = Option<String>, Query, description = "The user's phone number, instead of in the body", example = "+1234567890"),
    ),
    request_body = Option<PhoneOfUser>,
    responses(
        (status = 200, description = "A handle", body = OtpAnswer),
        OtpRefusals,
    )
)]
pub(crate) async fn otp_phone(
    request: RealmRequest,
    JsonOrQuery(mut fields): JsonOrQuery,
) -> Result<Json<OtpAnswer>, ApiError> {
    let (id, phone) = (fields.take("id"), fields.take_phone("phone"));
    let handle = request.accounts().send_code(&id, &phone).await?.expose().to_owned();
    Ok(Json(OtpAnswer { message: "OTP generated successfully", otp: handle.clone(), handle }))
}

refusals!(CodeRefusals: Problem [REALM, QUERY, &[LIMITED, OTP_WRONG, OTP_INVALID], Fields(&[field("token", FIELD_MISSING), field("otp", CODE_INVALID)])]);

/// Verify a code
///
/// A correct code verifies the phone number. POST keeps the handle and the code out of logs.
#[utoipa::path(
    get, path = "/v1/{realm}/verify_otp_phone", tag = "Accounts",
    params(
        RealmPath,
        ("token" = String, Query, description = "The handle. Alias: `handle`", example = "0dCHWHe1acJYZTg2uYNh9sY7KL8pDwwNjKKlGVroqao"),
        ("otp" = String, Query, description = "The code. Alias: `code`", example = "012345"),
    ),
    responses(
        (status = 200, description = "The phone number is verified", body = Message, example = json!({"message": "OTP verified successfully"})),
        CodeRefusals,
    )
)]
pub(crate) async fn verify_otp_phone(
    request: RealmRequest,
    _: SkipOnHead,
    mut query: Query,
) -> Result<Json<Message>, ApiError> {
    verify(&request, &mut query.0).await
}

/// Body of `verify_otp_phone`.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes the body, which is read field by field")]
struct PhoneCode {
    /// The handle. Alias: `handle`.
    #[schema(example = "0dCHWHe1acJYZTg2uYNh9sY7KL8pDwwNjKKlGVroqao")]
    token: String,
    /// The code. Alias: `code`.
    #[schema(example = "012345")]
    otp: String,
}

refusals!(CodeByPostRefusals: Problem [REALM, ANY, &[LIMITED, OTP_WRONG, OTP_INVALID], Fields(&[field("token", FIELD_MISSING), field("otp", CODE_INVALID)])]);

/// Verify a code, by POST
///
/// A correct code verifies the phone number. The body may also be a form.
#[utoipa::path(
    post, path = "/v1/{realm}/verify_otp_phone", tag = "Accounts",
    params(RealmPath),
    request_body = PhoneCode,
    responses(
        (status = 200, description = "The phone number is verified", body = Message, example = json!({"message": "OTP verified successfully"})),
        CodeByPostRefusals,
    )
)]
pub(crate) async fn verify_otp_phone_by_post(
    request: RealmRequest,
    AnyBody(mut fields): AnyBody,
) -> Result<Json<Message>, ApiError> {
    verify(&request, &mut fields).await
}

async fn verify(request: &RealmRequest, fields: &mut Fields) -> Result<Json<Message>, ApiError> {
    let (handle, code) = (fields.take_either(["token", "handle"])?, fields.take_either(["otp", "code"])?);
    request.accounts().verify_code(&handle, &code).await?;
    Ok(Message::say("OTP verified successfully"))
}
