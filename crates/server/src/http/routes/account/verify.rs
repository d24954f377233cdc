use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use portcullis_core::service::Verified;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    http::{
        extract::{AnyBody, Link, PreferredFormat, RealmRequest, SkipOnHead},
        openapi::{RealmPath, refusals},
        page,
        problem::ApiError,
        routes::Message,
        state::AppState,
    },
    templates::pages::{EmailVerified, EmailVerifiedFailed, Reset},
};

/// What becomes of a verification link.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum VerifyAnswer {
    /// The address is verified.
    #[allow(dead_code, reason = "what every page says as JSON, which is answered in one place")]
    Done { message: &'static str },
    /// Several people registered the address: its owner chooses the password there.
    PasswordRequired { password_required: bool, reset_url: String },
}

refusals!(VerifyRefusals: Page [&[LIMITED, LINK_INVALID]], Problem [REALM]);

/// Verify an address
///
/// The link from the mail: a page, or JSON for those who ask for it. Opening it again inside its lifetime shows success
/// again. Where several people registered the address, the page is a form in which its owner chooses the password.
#[utoipa::path(
    get, path = "/v1/{realm}/verify", tag = "Accounts",
    params(
        RealmPath,
        ("token" = String, Query, description = "From the mail", example = "uCeNTzntooPKZ_0rTSk_Owe-sYCJrB8M1v_uo5qYVrM"),
    ),
    responses(
        (status = 200, description = "Verified, or a password is to be chosen: HTML, or JSON", content(
            (VerifyAnswer = "application/json", examples(
                ("verified" = (summary = "The address is verified", value = json!({"message": "Email verified successfully"}))),
                ("password_required" = (
                    summary = "A password is to be chosen, by POST to this address",
                    value = json!({"password_required": true, "reset_url": "http://localhost:8000/User1/reset_password?token=uCeNTzntooPKZ_0rTSk_Owe-sYCJrB8M1v_uo5qYVrM"}),
                )),
            )),
            (String = "text/html"),
        )),
        VerifyRefusals,
    )
)]
pub(crate) async fn verify(
    State(state): State<AppState>,
    request: RealmRequest,
    _: SkipOnHead,
    format: PreferredFormat,
    Link(token): Link,
) -> Response {
    match request.accounts().verify(token.text().unwrap_or_default()).await {
        Ok(Verified::Done { name }) => {
            page::answer(&state, &request, format, &EmailVerified { name }, "Email verified successfully")
        }
        Ok(Verified::PasswordRequired { token, url: reset_url }) => match format {
            PreferredFormat::Json => {
                Json(VerifyAnswer::PasswordRequired { password_required: true, reset_url }).into_response()
            }
            PreferredFormat::Html => page::html(&state, &request, StatusCode::OK, &Reset::new(token.expose(), "")),
        },
        Err(error) => page::refuse(&state, &request, format, &EmailVerifiedFailed { error: error.detail() }, error),
    }
}

/// What `verify/resend` takes.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes the body, which is read field by field")]
struct AddressToVerify {
    #[schema(example = "john.doe@example.com")]
    email: String,
}

refusals!(ResendRefusals: Problem [REALM, ANY, &[LIMITED], Fields(&[field("email", EMAIL_INVALID)])]);

/// Send the verification mail again
///
/// Always the same answer, whether or not anything was sent. The body may also be a form.
#[utoipa::path(
    post, path = "/v1/{realm}/verify/resend", tag = "Accounts",
    params(RealmPath),
    request_body = AddressToVerify,
    responses(
        (status = 200, description = "Sent, where there was something to send", body = Message, example = json!({"message": "Verification link sent to your email"})),
        ResendRefusals,
    )
)]
pub(crate) async fn resend(request: RealmRequest, AnyBody(mut fields): AnyBody) -> Result<Json<Message>, ApiError> {
    request.accounts().resend_verification(&fields.take_address("email")).await?;
    Ok(Message::say("Verification link sent to your email"))
}
