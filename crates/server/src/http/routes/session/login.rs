use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use portcullis_core::{
    Error,
    error::ErrorKind,
    service::{Credentials, LoggedIn, LoginOutcome, Tokens},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::{
    extract::{AnyBody, DeviceCookie, RealmRequest},
    openapi::{RealmPath, refusals},
    problem::{ApiError, with_oauth},
    state::AppState,
};
use crate::metrics::LOGINS;

/// The fields of an OAuth 2.0 password grant; those beyond the first two are tolerated.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes the form, which is read field by field")]
struct PasswordLogin {
    /// The e-mail address.
    #[schema(example = "john.doe@example.com")]
    username: String,
    #[schema(example = "securepassword123", format = Password)]
    password: String,
    #[schema(example = "password")]
    grant_type: Option<String>,
    scope: Option<String>,
    client_id: Option<String>,
    client_secret: Option<String>,
    /// `device` of an earlier answer, for clients without cookies. Wrong passwords are counted
    /// per known device, so that those of others do not delay the owner.
    device: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct TokenAnswer {
    /// A JWT, for `Authorization: Bearer`.
    #[schema(
        example = "eyJhbGciOiJIUzI1NiIsInR5cCI6ImF0K2p3dCJ9.eyJzdWIiOiIxazB2NnNxN3QybThnNGM5ZTVyM24xaDBqYSJ9.c2lnbmF0dXJl"
    )]
    access_token: String,
    #[schema(example = "bearer")]
    token_type: &'static str,
    /// In seconds.
    #[schema(example = 1800)]
    expires_in: u64,
    /// For the next pair of tokens, at `token`; used up by that.
    #[schema(example = "qgfhl13dmdmn04qh7oqttabfms.DeQcQCOk4ASJsaN6G_yHXGH1dIW2msoW4XHcLest-rY")]
    refresh_token: String,
    /// After a login: the value that names this device at its next login, for clients without cookies.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Zx0mPp3Yt0mHqfVbO0gYtAAAAZrNf0sAk3mT1oJmZ7c3Yp3c8iU2nXo4p1rQkqf3o8b9c2d1e0f")]
    device: Option<String>,
}

impl From<Tokens> for TokenAnswer {
    fn from(tokens: Tokens) -> Self {
        Self {
            access_token: tokens.access.expose().to_owned(),
            token_type: "bearer",
            expires_in: tokens.access.lifetime.as_secs(),
            refresh_token: tokens.refresh.expose().to_string(),
            device: None,
        }
    }
}

refusals!(LoginRefusals: Problem [REALM], WithOAuth [ANY, HASHING, &[LIMITED, LOGIN_REFUSED, LOGIN_UNVERIFIED, PASSWORD_CHANGE_REQUIRED], Fields(&[field("username", FIELD_MISSING), field("password", FIELD_MISSING)])]);

/// Log in
///
/// Gives an access token and a refresh token for the address and password of a verified account. The body may also be a
/// multipart form or JSON.
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
    let credentials = Credentials { username: &username, password: &password, devices: &devices };
    match counted(request.sessions().login(&credentials).await).and_then(LoginOutcome::into_result) {
        Ok(logged_in) => Ok(answer(&state, &cookie, logged_in)),
        Err(error) => Err(with_oauth(ApiError::from(error).into_response())),
    }
}

/// Counts a login by its outcome.
pub(super) fn counted(result: Result<LoginOutcome, Error>) -> Result<LoginOutcome, Error> {
    let outcome = match &result {
        Ok(LoginOutcome::LoggedIn(_)) => "ok",
        Ok(LoginOutcome::Wrong) => "wrong",
        Ok(LoginOutcome::Unverified) => "unverified",
        Ok(LoginOutcome::Compromised) => "compromised",
        Err(error) => match error.kind() {
            ErrorKind::Limited(_) => "limited",
            ErrorKind::Invalid => "invalid",
            _ => "failed",
        },
    };
    metrics::counter!(LOGINS, "outcome" => outcome).increment(1);
    result
}

/// Answers with the tokens, and sets the cookie of the device.
pub(super) fn answer(state: &AppState, cookie: &DeviceCookie, done: LoggedIn) -> Response {
    let answer = TokenAnswer { device: Some(done.device.clone()), ..TokenAnswer::from(done.tokens) };
    cookie.set(Json(answer).into_response(), state, &done.device)
}
