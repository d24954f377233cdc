use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use portcullis_core::service::{Credentials, Entry, LoggedIn, LoginOutcome};
use utoipa::ToSchema;

use crate::http::{
    answers::TokenAnswer,
    extract::{AnyBody, DeviceCookie, RealmRequest, Second},
    logins::counted,
    openapi::{RealmPath, refusals},
    problem::{ApiError, challenged, with_oauth},
    state::AppState,
};

/// Fields of an OAuth 2.0 password grant. All fields except username and password are optional.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes the form, which is read field by field")]
struct PasswordLogin {
    /// Email address of the account.
    #[schema(example = "john.doe@example.com")]
    username: String,
    #[schema(example = "securepassword123", format = Password)]
    password: String,
    #[schema(example = "password")]
    grant_type: Option<String>,
    scope: Option<String>,
    client_id: Option<String>,
    client_secret: Option<String>,
    /// `device` of an earlier response, for clients without cookies. Failed attempts are counted separately for known
    /// devices, so that other people's attempts do not delay the owner.
    device: Option<String>,
    /// Code of a second factor, if the account has one.
    #[schema(example = "123456")]
    code: Option<String>,
    /// Kind of the code: `totp`, `sms` or `recovery_code`. If omitted, a six-digit code is checked as a TOTP code if
    /// the user has an authenticator app.
    r#type: Option<String>,
    /// Whether to trust this device after a correct code. It then needs no second factor until the trust expires.
    remember: Option<bool>,
}

refusals!(LoginRefusals: Problem [REALM], WithOAuth [ANY, HASHING, &[LIMITED, LOGIN_REFUSED, LOGIN_UNVERIFIED, PASSWORD_CHANGE_REQUIRED, ACCOUNT_LOCKED, MFA_REQUIRED], Fields(&[field("username", FIELD_MISSING), field("password", FIELD_MISSING)])]);

/// Log in
///
/// Returns an access token and a refresh token for the address and password of a verified account. The body may also be
/// a multipart form or JSON. With two-step verification, the response to a correct password is `mfa.required` with a
/// ticket for `token`, unless the request has a correct `code` or the device is trusted.
#[utoipa::path(
    post, path = "/v1/{realm}/login", tag = "Accounts",
    params(RealmPath),
    request_body(content = PasswordLogin, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "Logged in", body = TokenAnswer),
        LoginRefusals,
    )
)]
pub(crate) async fn login(
    State(state): State<AppState>,
    request: RealmRequest,
    cookie: DeviceCookie,
    form: Result<AnyBody, Response>,
) -> Result<Response, Response> {
    let AnyBody(mut fields) = form.map_err(with_oauth)?;
    let (username, password) = (fields.take_address("username"), fields.take("password"));
    let devices = [cookie.value(), fields.take("device")];
    let second = Second::take(&mut fields);
    let credentials =
        Credentials { username: &username, password: &password, devices: &devices, second: second.as_second_factor() };
    match counted(request.sessions().login(&credentials).await).and_then(LoginOutcome::into_result) {
        Ok(Entry::LoggedIn(logged_in)) => Ok(answer(&state, &cookie, logged_in)),
        Ok(Entry::Challenged(ticket)) => Err(challenged(ticket).into_response()),
        Err(error) => Err(with_oauth(ApiError::from(error).into_response())),
    }
}

/// Returns the tokens, and sets the device cookie.
pub(super) fn answer(state: &AppState, cookie: &DeviceCookie, done: LoggedIn) -> Response {
    let device = done.device.clone();
    cookie.set(Json(TokenAnswer::of(done)).into_response(), state, &device)
}

/// Returns the response to a token exchange, which contains the type of the token (RFC 8693 §2.2.1).
pub(super) fn answer_exchange(state: &AppState, cookie: &DeviceCookie, done: LoggedIn) -> Response {
    let device = done.device.clone();
    cookie.set(Json(TokenAnswer::exchanged(done)).into_response(), state, &device)
}
