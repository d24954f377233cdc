use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use portcullis_core::{
    error::catalogue::{GRANT_MISSING, REFRESH_MISSING, UNSUPPORTED_GRANT},
    service::{Completed, Completion, Credentials, Entry, Exchange},
};
use utoipa::ToSchema;

use super::{client_grant, login};
use crate::http::{
    answers::{StepUpAnswer, TokenAnswer},
    extract::{ClientHeader, DeviceCookie, Fields, RealmRequest, Second, TokenBody},
    logins::{counted, counted_entry},
    openapi::{RealmPath, refusals},
    problem::{ApiError, challenged},
    state::AppState,
};

/// Fields of the supported grants.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes the form, which is read field by field")]
struct TokenGrant {
    /// `authorization_code`, `refresh_token`, `password`, `urn:portcullis:mfa` or
    /// `urn:ietf:params:oauth:grant-type:token-exchange`.
    #[schema(example = "refresh_token")]
    grant_type: String,
    /// Refresh token, for `refresh_token`.
    #[schema(example = "qgfhl13dmdmn04qh7oqttabfms.DeQcQCOk4ASJsaN6G_yHXGH1dIW2msoW4XHcLest-rY")]
    refresh_token: Option<String>,
    /// Email address, for `password`.
    username: Option<String>,
    /// Password, for `password`.
    #[schema(format = Password)]
    password: Option<String>,
    /// `device` of an earlier response, for `password` and `urn:portcullis:mfa` and clients without cookies.
    device: Option<String>,
    /// Ticket of `mfa_required`, for `urn:portcullis:mfa`.
    mfa_token: Option<String>,
    /// Code of a second factor, for `urn:portcullis:mfa`, or for `password` instead of a ticket.
    code: Option<String>,
    /// Response of a passkey or security key to `mfa/challenge`, for `urn:portcullis:mfa`. In a form, it is JSON text.
    #[schema(value_type = Option<Object>)]
    passkey: Option<String>,
    /// Kind of the code: `totp`, `sms` or `recovery_code`. If omitted, a six-digit code is checked as a TOTP code if
    /// the user has an authenticator app.
    r#type: Option<String>,
    /// Whether to trust this device after a correct code. It then needs no second factor until the trust expires.
    remember: Option<bool>,
    /// Name of the provider, for the token exchange.
    provider: Option<String>,
    /// ID token of the provider, for the token exchange. Access tokens are not accepted.
    subject_token: Option<String>,
    /// `urn:ietf:params:oauth:token-type:id_token`, for the token exchange.
    subject_token_type: Option<String>,
    /// Nonce from `social/{provider}/nonce`, for the token exchange.
    nonce: Option<String>,
    /// Identifier of an OpenID Connect client, unless it authenticates with HTTP Basic.
    client_id: Option<String>,
    /// Secret of a client with `client_secret_post`.
    #[schema(format = Password)]
    client_secret: Option<String>,
    /// Redirect URI of the request, for `authorization_code`.
    redirect_uri: Option<String>,
    /// PKCE verifier, for `authorization_code`.
    code_verifier: Option<String>,
    /// Subset of the granted scopes, for a client's `refresh_token`.
    scope: Option<String>,
}

refusals!(TokenRefusals: OAuth [&[LIMITED, GRANT_MISSING, REFRESH_MISSING, UNSUPPORTED_GRANT, CLIENT_AUTH_FAILED, CLIENT_GRANT_REFUSED, CODE_REFUSED, SCOPE_INVALID, WRONG_TYPE, WRONG_ENCODING, UNREADABLE, NOT_AN_OBJECT, REPEATED, REFRESH_INVALID, LOGIN_REFUSED, LOGIN_UNVERIFIED, PASSWORD_CHANGE_REQUIRED, ACCOUNT_LOCKED, MFA_REQUIRED, MFA_REFUSED, MFA_INCOMPLETE, SOCIAL_REFUSED, SOCIAL_INCOMPLETE, SOCIAL_INTERACTION, SOCIAL_UNAVAILABLE, SIGNUP_CLOSED, INTERNAL, UNAVAILABLE, OVERLOADED], TOKEN_BODY], Problem [&[NOT_FOUND, TIMEOUT]]);

/// Get tokens
///
/// The OAuth 2.0 token endpoint. A refresh token is rotated on every use. Until the new one is used, the previous one
/// can be repeated, so that a lost response does not log the user out: the response contains the same new refresh
/// token and a new access token. Any other reuse ends the session, because the token may have been stolen. The body
/// may also be JSON.
///
/// `urn:portcullis:mfa` completes a login or re-authentication whose response was `mfa_required`. It requires the
/// ticket and either a code or the response of a passkey (see `mfa/challenge`). After a re-authentication the
/// response contains no refresh token.
///
/// The token exchange (RFC 8693) logs in with an ID token that an application obtained from a provider's SDK, using
/// the nonce from `social/{provider}/nonce`. Each ID token can be exchanged once. A user is created if the provider
/// has verified an address without an account. If a question to the user is required, the response is
/// `interaction_required`.
///
/// Clients of OpenID Connect exchange an authorization code here (`authorization_code`). Their response also has
/// `scope` and `id_token`, and `refresh_token` only if the client has that grant. A grant that the client does not have
/// is `unauthorized_client`.
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
        ("token_exchange" = (summary = "An ID token of a provider", value = json!({
            "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange", "provider": "google",
            "subject_token": "eyJhbGciOiJSUzI1NiIsImtpZCI6IjEifQ.eyJpc3MiOiJodHRwczovL2FjY291bnRzLmdvb2dsZS5jb20ifQ.c2lnbmF0dXJl",
            "subject_token_type": "urn:ietf:params:oauth:token-type:id_token", "nonce": "AAABm3VzfQBq0zj0Q1yJ7xZ4v2bYc8dE5fG6hI7jK8k",
        }))),
        ("urn:portcullis:mfa" = (summary = "The second factor", value = json!({
            "grant_type": "urn:portcullis:mfa", "mfa_token": "uCeNTzntooPKZ_0rTSk_Owe-sYCJrB8M1v_uo5qYVrM", "code": "123456",
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
    header: ClientHeader,
    form: TokenBody,
) -> Result<Response, ApiError> {
    grant(&state, &request, (cookie, header), form).await.map_err(ApiError::at_token_endpoint)
}

async fn grant(
    state: &AppState,
    request: &RealmRequest,
    (cookie, header): (DeviceCookie, ClientHeader),
    TokenBody(form): TokenBody,
) -> Result<Response, ApiError> {
    let mut form = form.map_err(ApiError::from)?;
    let presented = header.presented(&mut form);
    if let Some(answer) = client_grant::of_client(request, &presented, &mut form).await? {
        return Ok(answer);
    }
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
            let second = Second::take(&mut form);
            let second = second.as_second_factor();
            let credentials = Credentials { username: &username, password: &password, devices: &devices, second };
            let outcome = counted(request.sessions().login(&credentials).await);
            match outcome?.into_result()? {
                Entry::LoggedIn(done) => Ok(login::answer(state, &cookie, done)),
                Entry::Challenged(ticket) => Err(challenged(ticket)),
            }
        }
        Some(TOKEN_EXCHANGE) => exchange(state, request, &cookie, &mut form).await,
        Some("urn:portcullis:mfa") => complete(state, request, &cookie, &mut form).await,
        Some(_) => Err(UNSUPPORTED_GRANT.into()),
        None => Err(GRANT_MISSING.into()),
    }
}

/// Grant type of a token exchange with a provider's ID token (RFC 8693 §2.1).
const TOKEN_EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";

/// Logs in with a provider's ID token.
async fn exchange(
    state: &AppState,
    request: &RealmRequest,
    cookie: &DeviceCookie,
    form: &mut Fields,
) -> Result<Response, ApiError> {
    let (provider, token, token_type, nonce) =
        (form.take("provider"), form.take("subject_token"), form.take("subject_token_type"), form.take("nonce"));
    let devices = [cookie.value(), form.take("device")];
    let exchange =
        Exchange { provider: &provider, token: &token, token_type: &token_type, nonce: &nonce, devices: &devices };
    match counted_entry(request.federation().exchange(&exchange).await)? {
        Entry::LoggedIn(done) => Ok(login::answer_exchange(state, cookie, done)),
        Entry::Challenged(ticket) => Err(challenged(ticket)),
    }
}

/// Completes the operation that a ticket was issued for.
async fn complete(
    state: &AppState,
    request: &RealmRequest,
    cookie: &DeviceCookie,
    form: &mut Fields,
) -> Result<Response, ApiError> {
    let (ticket, password, passkey) = (form.take("mfa_token"), form.take("password"), form.take("passkey"));
    let devices = [cookie.value(), form.take("device")];
    let second = Second::take(form);
    let second = second.as_second_factor();
    let completion = Completion { ticket: &ticket, second, passkey: &passkey, password: &password, devices: &devices };
    match request.sessions().complete(&completion).await? {
        Completed::LoggedIn(done) => Ok(login::answer(state, cookie, done)),
        Completed::SteppedUp(up) => Ok(Json(StepUpAnswer::from(up.access)).into_response()),
        Completed::Challenged(ticket) => Err(challenged(ticket)),
    }
}
