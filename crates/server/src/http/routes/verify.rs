use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use portcullis_core::service::Verified;
use serde_json::json;
use utoipa::ToSchema;

use super::Message;
use crate::{
    http::{
        extract::{ActsOnGet, AnyBody, Call, Link, Wants},
        page,
        problem::{Problem, Refusal},
        state::AppState,
    },
    templates::Page,
};

/// Verify an address
///
/// The link from the mail: a page, or JSON for those who ask for it. Opening it again inside its lifetime shows success
/// again. Where several people registered the address, the page is a form in which its owner chooses the password.
#[utoipa::path(
    get, path = "/v1/{realm}/verify", tag = "Accounts",
    params(
        ("realm" = String, Path, description = "The realm", example = "User1"),
        ("token" = String, Query, description = "From the mail"),
    ),
    responses(
        (status = 200, description = "Verified: HTML, or JSON", body = Message, example = json!({"message": "Email verified successfully"})),
        (status = 400, description = "Not a good link: HTML, or problem+json", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn verify(
    State(state): State<AppState>,
    call: Call,
    _: ActsOnGet,
    wants: Wants,
    Link(token): Link,
) -> Response {
    match call.service.verify(&call.ctx, &call.realm, token.text().unwrap_or_default()).await {
        Ok(Verified::Done { name }) => {
            page::answer(&state, &call, wants, &Page::EmailVerified { name }, "Email verified successfully")
        }
        Ok(Verified::PasswordRequired(token)) => {
            let reset_url = call.service.claim_url(&call.realm, &token);
            match wants {
                Wants::Json => Json(json!({ "password_required": true, "reset_url": reset_url })).into_response(),
                Wants::Html => page::html(&state, &call, StatusCode::OK, &Page::reset(token.expose(), "")),
            }
        }
        Err(error) => page::refuse(&state, &call, wants, &Page::EmailVerifiedFailed { error: error.detail() }, error),
    }
}

/// What `verify/resend` takes.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes the body, which is read field by field")]
struct ResendRequest {
    #[schema(example = "john.doe@example.com")]
    email: String,
}

/// Send the verification mail again
///
/// Always the same answer, whether or not anything was sent.
#[utoipa::path(
    post, path = "/v1/{realm}/verify/resend", tag = "Accounts",
    params(("realm" = String, Path, description = "The realm", example = "User1")),
    request_body(content((ResendRequest = "application/json"), (ResendRequest = "application/x-www-form-urlencoded"))),
    responses(
        (status = 200, description = "Sent, where there was something to send", body = Message, example = json!({"message": "Verification link sent to your email"})),
        (status = 422, description = "Not an address", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn resend(call: Call, AnyBody(mut fields): AnyBody) -> Result<Json<Message>, Refusal> {
    call.service.resend_verification(&call.ctx, &call.realm, &fields.take("email")).await?;
    Ok(Message::say("Verification link sent to your email"))
}
