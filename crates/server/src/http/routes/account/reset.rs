use axum::{Json, extract::State, response::Response};
use portcullis_core::{error::ErrorKind, service::RawField};
use utoipa::ToSchema;

use crate::{
    http::{
        extract::{AnyBody, DeviceCookie, FormBody, Link, PreferredFormat, Query, RealmRequest, SkipOnHead},
        openapi::{RealmPath, refusals},
        page,
        problem::ApiError,
        routes::Message,
        state::AppState,
    },
    templates::pages::{Reset, ResetFailed, ResetSuccess},
};

const SENT: &str = "Password reset link sent to your email";

refusals!(ForgetRefusals: Problem [REALM, QUERY, &[LIMITED], Fields(&[field("email", EMAIL_INVALID)])]);

/// Request a reset link
///
/// The response is the same whether or not the address has an account.
#[utoipa::path(
    get, path = "/v1/{realm}/forget_password", tag = "Accounts",
    params(
        RealmPath,
        ("email" = String, Query, description = "The address", example = "john.doe@example.com"),
    ),
    responses(
        (status = 200, description = "An email will be sent if the address has an account", body = Message, example = json!({"message": "Password reset link sent to your email"})),
        ForgetRefusals,
    )
)]
pub(crate) async fn forget_password(
    request: RealmRequest,
    _: SkipOnHead,
    mut query: Query,
) -> Result<Json<Message>, ApiError> {
    forget(&request, &query.0.take_address("email")).await
}

/// Body of `forget_password`.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes the body, which is read field by field")]
struct ForgottenPassword {
    #[schema(example = "john.doe@example.com")]
    email: String,
}

refusals!(ForgetByPostRefusals: Problem [REALM, ANY, &[LIMITED], Fields(&[field("email", EMAIL_INVALID)])]);

/// Request a reset link, by POST
///
/// The same as GET, but keeps the address out of access logs. The body may also be a form.
#[utoipa::path(
    post, path = "/v1/{realm}/forget_password", tag = "Accounts",
    params(RealmPath),
    request_body = ForgottenPassword,
    responses(
        (status = 200, description = "An email will be sent if the address has an account", body = Message, example = json!({"message": "Password reset link sent to your email"})),
        ForgetByPostRefusals,
    )
)]
pub(crate) async fn forget_password_by_post(
    request: RealmRequest,
    AnyBody(mut fields): AnyBody,
) -> Result<Json<Message>, ApiError> {
    forget(&request, &fields.take_address("email")).await
}

async fn forget(request: &RealmRequest, email: &RawField) -> Result<Json<Message>, ApiError> {
    request.accounts().request_reset(email).await?;
    Ok(Message::say(SENT))
}

refusals!(ResetFormRefusals: Page [&[LIMITED, LINK_INVALID]], Problem [REALM]);

/// Password reset form
///
/// Opened from the emailed link. Opening it changes nothing.
#[utoipa::path(
    get, path = "/v1/{realm}/reset_password_form", tag = "Accounts",
    params(
        RealmPath,
        ("token" = String, Query, description = "Token from the email", example = "uCeNTzntooPKZ_0rTSk_Owe-sYCJrB8M1v_uo5qYVrM"),
    ),
    responses(
        (status = 200, description = "The form: HTML, or JSON", content((Message = "application/json", example = json!({"message": "Send the new password by POST to reset_password"})), (String = "text/html"))),
        ResetFormRefusals,
    )
)]
pub(crate) async fn reset_password_form(
    State(state): State<AppState>,
    request: RealmRequest,
    format: PreferredFormat,
    Link(token): Link,
) -> Response {
    let token = token.text().unwrap_or_default();
    match request.accounts().check_reset(token).await {
        Ok(()) => {
            let message = "Send the new password by POST to reset_password";
            page::answer(&state, &request, format, &Reset::new(token, ""), message)
        }
        Err(error) => page::refuse(&state, &request, format, &ResetFailed { error: error.detail() }, error),
    }
}

/// Submitted password reset form.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes the form, which is read field by field")]
struct NewPassword {
    #[schema(example = "a long and quiet passphrase", format = Password)]
    password: String,
}

refusals!(ResetRefusals: Page [&[LIMITED, LINK_INVALID], Fields(&[field("password", PASSWORD_TOO_SHORT)])], Problem [REALM, FORM, HASHING]);

/// Set a new password
///
/// Submitted by the form of a reset link, or of a verification link if several people registered the address. A link
/// can be used once, and remains valid if the password is rejected. All sessions are revoked.
#[utoipa::path(
    post, path = "/v1/{realm}/reset_password", tag = "Accounts",
    params(
        RealmPath,
        ("token" = String, Query, description = "Token from the form's URL", example = "uCeNTzntooPKZ_0rTSk_Owe-sYCJrB8M1v_uo5qYVrM"),
    ),
    request_body(content = NewPassword, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "The password was changed: HTML, or JSON", content((Message = "application/json", example = json!({"message": "Password reset successfully"})), (String = "text/html"))),
        ResetRefusals,
    )
)]
pub(crate) async fn reset_password(
    State(state): State<AppState>,
    request: RealmRequest,
    format: PreferredFormat,
    Link(token): Link,
    cookie: DeviceCookie,
    FormBody(mut fields): FormBody,
) -> Response {
    let token = token.text().unwrap_or_default();
    match request.accounts().reset_password(token, &fields.take("password")).await {
        Ok(device) => {
            let done = page::answer(&state, &request, format, &ResetSuccess, "Password reset successfully");
            cookie.add(done, &state, &device)
        }
        Err(error) if error.kind() == ErrorKind::Invalid => {
            let reason = error.fields().first().map_or(error.detail().into(), |fault| fault.detail.clone());
            page::refuse(&state, &request, format, &Reset::new(token, &reason), error)
        }
        Err(error) => page::refuse(&state, &request, format, &ResetFailed { error: error.detail() }, error),
    }
}
