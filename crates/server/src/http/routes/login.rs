use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use portcullis_core::{
    Error,
    error::Kind,
    service::{LoggedIn, Tokens},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::{
    extract::{Call, DeviceCookie, FormBody},
    problem::{Problem, Refusal, for_oauth},
    state::AppState,
};
use crate::metrics::LOGINS;

/// The fields of an OAuth 2.0 password grant; those beyond the first two are tolerated.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes the form, which is read field by field")]
struct LoginForm {
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
    /// The value of the cookie `portcullis_device` of an earlier login, for clients without cookies: a known device has wrong
    /// passwords of its own, so that nobody else's keep its owner out.
    device: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct TokenAnswer {
    /// A JWT, for `Authorization: Bearer`.
    access_token: String,
    #[schema(example = "bearer")]
    token_type: &'static str,
    /// In seconds.
    #[schema(example = 1800)]
    expires_in: u64,
    /// For the next pair of tokens, at `token`; used up by that.
    refresh_token: String,
}

impl From<Tokens> for TokenAnswer {
    fn from(tokens: Tokens) -> Self {
        Self {
            access_token: tokens.access.expose().to_owned(),
            token_type: "bearer",
            expires_in: tokens.access.lifetime.as_secs(),
            refresh_token: tokens.refresh.expose().to_string(),
        }
    }
}

/// Log in
///
/// Gives an access token and a refresh token for the address and password of a verified account.
#[utoipa::path(
    post, path = "/v1/{realm}/login", tag = "Accounts",
    params(("realm" = String, Path, description = "The realm", example = "User1")),
    request_body(content = LoginForm, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "Logged in", body = TokenAnswer),
        (status = 400, description = "Not readable, or a field given twice", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "Invalid email or password", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Email not verified", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "Not a form", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Fields are missing", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too many wrong passwords, of the account or of the client: worth another try after `Retry-After`", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Too much to do for now", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn login(
    State(state): State<AppState>,
    call: Call,
    cookie: DeviceCookie,
    form: Result<FormBody, Response>,
) -> Result<Response, Response> {
    let FormBody(mut fields) = form.map_err(for_oauth)?;
    let (username, password) = (fields.take("username"), fields.take("password"));
    let device = cookie.or(fields.take("device"));
    let result = call.service.login(&call.ctx, &call.realm, &username, &password, &device).await;
    count(&result);
    match result {
        Ok(done) => Ok(answer(&state, done)),
        Err(error) => Err(for_oauth(Refusal::from(error).into_response())),
    }
}

/// How logins go.
pub(super) fn count(result: &Result<LoggedIn, Error>) {
    let outcome = match result.as_ref().map_err(Error::kind) {
        Ok(_) => "ok",
        Err(Kind::Refused) => "wrong",
        Err(Kind::Forbidden) => "unverified",
        Err(Kind::Limited(_)) => "limited",
        Err(Kind::Invalid) => "invalid",
        Err(_) => "failed",
    };
    metrics::counter!(LOGINS, "outcome" => outcome).increment(1);
}

/// The tokens, and the device's name in a cookie.
pub(super) fn answer(state: &AppState, done: LoggedIn) -> Response {
    let response = Json(TokenAnswer::from(done.tokens)).into_response();
    DeviceCookie::set(response, state, &done.device)
}
