use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use portcullis_core::{Error, service::Entry};
use serde::Serialize;
use utoipa::ToSchema;

use super::login::answer;
use crate::http::{
    answers::TokenAnswer,
    extract::{AnyBody, DeviceCookie, RealmRequest},
    logins::counted_entry,
    openapi::{RealmPath, refusals},
    problem::{ApiError, challenged},
    state::AppState,
};

/// Body of `signin_code/start`.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes the body, which is read field by field")]
struct SigninCodeStart {
    #[schema(example = "john.doe@example.com")]
    email: String,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct SigninCodeAnswer {
    #[schema(example = "Sign-in code sent to your email")]
    message: &'static str,
    /// To be sent with the code. Each request has its own.
    #[schema(example = "0dCHWHe1acJYZTg2uYNh9sY7KL8pDwwNjKKlGVroqao")]
    handle: String,
    /// Lifetime of the code in seconds.
    #[schema(example = 600)]
    expires_in: u64,
}

refusals!(StartRefusals: Problem [REALM, ANY, &[LIMITED], Fields(&[field("email", EMAIL_INVALID)])]);

/// Request a sign-in code
///
/// Emails a code and a link to the user of the address. The response is the same whether or not the address has an
/// account. An address that is registered but not verified, or invited, gets that email again. Available if
/// `EMAIL_SIGNIN` is `code`.
#[utoipa::path(
    post, path = "/v1/{realm}/signin_code/start", tag = "Accounts",
    params(RealmPath),
    request_body(content = SigninCodeStart, content_type = "application/json"),
    responses((status = 200, description = "A handle", body = SigninCodeAnswer), StartRefusals)
)]
pub(crate) async fn start_signin_code(
    request: RealmRequest,
    AnyBody(mut fields): AnyBody,
) -> Result<Json<SigninCodeAnswer>, ApiError> {
    require_signin_by_mail(&request)?;
    let email = fields.take_address("email");
    let started = request.accounts().request_signin_code(&email).await?;
    Ok(Json(SigninCodeAnswer {
        message: "Sign-in code sent to your email",
        handle: started.handle.expose().to_owned(),
        expires_in: request.realm.policy.signin_code_ttl.as_secs(),
    }))
}

/// Body of `signin_code/finish`.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes the body, which is read field by field")]
struct SigninCodeFinish {
    #[schema(example = "0dCHWHe1acJYZTg2uYNh9sY7KL8pDwwNjKKlGVroqao")]
    handle: String,
    #[schema(example = "482913")]
    code: String,
    /// `device` of an earlier response, for clients without cookies.
    device: Option<String>,
}

refusals!(FinishRefusals: Problem [REALM, ANY, &[LIMITED, SIGNIN_CODE_INVALID, ACCOUNT_LOCKED, MFA_REQUIRED], Fields(&[field("handle", FIELD_MISSING), field("code", CODE_INVALID)])]);

/// Log in with an emailed code
///
/// The code works once, and has five attempts. With two-step verification the response is `mfa.required` with a ticket
/// for `token`, as for a password.
#[utoipa::path(
    post, path = "/v1/{realm}/signin_code/finish", tag = "Accounts",
    params(RealmPath),
    request_body(content = SigninCodeFinish, content_type = "application/json"),
    responses((status = 200, description = "Logged in", body = TokenAnswer), FinishRefusals)
)]
pub(crate) async fn finish_signin_code(
    State(state): State<AppState>,
    request: RealmRequest,
    cookie: DeviceCookie,
    AnyBody(mut fields): AnyBody,
) -> Result<Response, ApiError> {
    require_signin_by_mail(&request)?;
    let (handle, code) = (fields.take("handle"), fields.take("code"));
    let devices = [cookie.value(), fields.take("device")];
    match counted_entry(request.sessions().redeem_signin_code(&handle, &code, &devices).await)? {
        Entry::LoggedIn(logged_in) => Ok(answer(&state, &cookie, logged_in)),
        Entry::Challenged(ticket) => Ok(challenged(ticket).into_response()),
    }
}

fn require_signin_by_mail(request: &RealmRequest) -> Result<(), Error> {
    if request.realm.policy.email_signin { Ok(()) } else { Err(Error::not_found()) }
}
