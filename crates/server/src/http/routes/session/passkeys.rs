use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use portcullis_core::service::PasskeyOutcome;
use utoipa::ToSchema;

use super::login;
use crate::http::{
    answers::{RequestOptions, TokenAnswer},
    extract::{DeviceCookie, JsonBody, RealmRequest},
    logins::counted_passkey,
    openapi::{RealmPath, refusals},
    problem::{ApiError, UnknownCredentialAnswer, refused_passkey},
    state::AppState,
};

refusals!(OptionsRefusals: Problem [REALM, &[LIMITED]]);

/// Start a login with a passkey
///
/// Returns options for `navigator.credentials.get`. Only the challenge differs between requests, because no address
/// is given. With `mediation: "conditional"` the browser offers passkeys in the address field. Stores nothing. A body
/// is ignored.
#[utoipa::path(
    post, path = "/v1/{realm}/passkeys/login/options", tag = "Passkeys",
    params(RealmPath),
    responses(
        (status = 200, description = "The options", body = RequestOptions, example = json!({
            "publicKey": {
                "challenge": "AAABm3VzfQBq0zj0Q1yJ7xZ4v2bYc8dE5fG6hI7jK8k", "rpId": "accounts.example.com", "timeout": 300000,
                "allowCredentials": [], "userVerification": "required",
            },
            "expires_in": 300,
        })),
        OptionsRefusals,
    )
)]
pub(crate) async fn begin_passkey_login(request: RealmRequest) -> Result<Json<RequestOptions>, ApiError> {
    Ok(Json(request.sessions().request_passkey().await?.into()))
}

/// The response of a passkey.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes the body, which is read field by field")]
struct PasskeyAssertion {
    /// `AuthenticationResponseJSON`: what `toJSON` of the browser's credential returns.
    #[schema(value_type = Object)]
    credential: String,
    /// `device` of an earlier response, for clients without cookies.
    device: Option<String>,
}

refusals!(LoginRefusals: Problem [REALM, JSON, &[LIMITED, PASSKEY_REFUSED], Fields(&[field("credential", FIELD_MISSING)])]);

/// Log in with a passkey
///
/// A passkey provides two factors, so no code is required. The error is the same whatever the reason. It contains
/// `signal`, for the browser's `signalUnknownCredential`, if the passkey was created in this realm and has been
/// removed.
#[utoipa::path(
    post, path = "/v1/{realm}/passkeys/login", tag = "Passkeys",
    params(RealmPath),
    request_body(content = PasskeyAssertion, example = json!({
        "credential": {
            "id": "x9QmV1c0", "rawId": "x9QmV1c0", "type": "public-key", "clientExtensionResults": {},
            "response": {
                "clientDataJSON": "eyJ0eXBlIjoi", "authenticatorData": "SZYN5YgO", "signature": "MEUCIQDd", "userHandle": "6fYkqSO2",
            },
        },
    })),
    responses((status = 200, description = "Logged in", body = TokenAnswer), LoginRefusals)
)]
pub(crate) async fn passkey_login(
    State(state): State<AppState>,
    request: RealmRequest,
    cookie: DeviceCookie,
    JsonBody(mut fields): JsonBody,
) -> Result<Response, ApiError> {
    let (credential, devices) = (fields.take("credential"), [cookie.value(), fields.take("device")]);
    match counted_passkey(request.sessions().log_in_with_passkey(&credential, &devices).await)? {
        PasskeyOutcome::LoggedIn(done) => Ok(login::answer(&state, &cookie, done).into_response()),
        PasskeyOutcome::Refused { unknown } => Err(refused_passkey(
            unknown.map(|(rp_id, credential)| UnknownCredentialAnswer { rp_id, credential_id: credential.to_text() }),
        )),
    }
}
