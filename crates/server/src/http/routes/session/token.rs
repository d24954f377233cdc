use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use portcullis_core::{
    Error,
    error::catalogue::{GRANT_MISSING, REFRESH_MISSING, UNSUPPORTED_GRANT},
    service::Credentials,
};
use utoipa::ToSchema;

use super::login::{self, TokenAnswer};
use crate::http::{
    extract::{DeviceCookie, RealmRequest, TokenBody},
    openapi::{RealmPath, refusals},
    problem::ApiError,
    state::AppState,
};

/// The fields of the grants that are known here.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes the form, which is read field by field")]
struct TokenGrant {
    /// `refresh_token` or `password`.
    #[schema(example = "refresh_token")]
    grant_type: String,
    /// For `refresh_token`.
    #[schema(example = "qgfhl13dmdmn04qh7oqttabfms.DeQcQCOk4ASJsaN6G_yHXGH1dIW2msoW4XHcLest-rY")]
    refresh_token: Option<String>,
    /// For `password`: the e-mail address.
    username: Option<String>,
    /// For `password`.
    #[schema(format = Password)]
    password: Option<String>,
    /// For `password`: `device` of an earlier answer, for clients without cookies.
    device: Option<String>,
}

refusals!(TokenRefusals: OAuth [&[LIMITED, GRANT_MISSING, REFRESH_MISSING, UNSUPPORTED_GRANT, WRONG_TYPE, WRONG_ENCODING, UNREADABLE, NOT_AN_OBJECT, REPEATED, REFRESH_INVALID, LOGIN_REFUSED, LOGIN_UNVERIFIED, PASSWORD_CHANGE_REQUIRED, INTERNAL, UNAVAILABLE, OVERLOADED], TOKEN_BODY], Problem [&[NOT_FOUND, TIMEOUT]]);

/// Get tokens
///
/// OAuth 2.0's token endpoint. A refresh token is replaced at every use. Until the new one is used, the previous one can be
/// repeated, so that a lost answer does not log the user out: the answer is the same new refresh token and a new access token.
/// Any other reuse ends the session, because the token was copied. The body may also be JSON.
#[utoipa::path(
    post, path = "/v1/{realm}/token", tag = "Accounts",
    params(RealmPath),
    request_body(content((TokenGrant = "application/x-www-form-urlencoded", examples(
        ("refresh_token" = (summary = "The next pair", value = json!({
            "grant_type": "refresh_token",
            "refresh_token": "qgfhl13dmdmn04qh7oqttabfms.DeQcQCOk4ASJsaN6G_yHXGH1dIW2msoW4XHcLest-rY",
        }))),
        ("password" = (summary = "A login", value = json!({
            "grant_type": "password", "username": "john.doe@example.com", "password": "securepassword123",
        }))),
    )))),
    responses(
        (status = 200, description = "A pair of tokens", body = TokenAnswer),
        TokenRefusals,
    )
)]
pub(crate) async fn token(
    State(state): State<AppState>,
    request: RealmRequest,
    cookie: DeviceCookie,
    form: TokenBody,
) -> Result<Response, ApiError> {
    grant(&state, &request, cookie, form).await.map_err(ApiError::for_token_endpoint)
}

async fn grant(
    state: &AppState,
    request: &RealmRequest,
    cookie: DeviceCookie,
    TokenBody(form): TokenBody,
) -> Result<Response, Error> {
    let mut form = form?;
    match form.take("grant_type").text() {
        Some("refresh_token") => {
            let token = form.take("refresh_token");
            if token.text().is_none() {
                return Err(REFRESH_MISSING.into());
            }
            let tokens = request.sessions().refresh(&token).await?;
            Ok(Json(TokenAnswer::from(tokens)).into_response())
        }
        Some("password") => {
            let (username, password) = (form.take_address("username"), form.take("password"));
            let devices = [cookie.value(), form.take("device")];
            let credentials = Credentials { username: &username, password: &password, devices: &devices };
            let outcome = login::counted(request.sessions().login(&credentials).await);
            Ok(login::answer(state, &cookie, outcome?.into_result()?))
        }
        Some(_) => Err(UNSUPPORTED_GRANT.into()),
        None => Err(GRANT_MISSING.into()),
    }
}
