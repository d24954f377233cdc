use std::collections::HashMap;

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use portcullis_core::{
    error::catalogue::TOKEN_MISSING,
    service::{AddedPasskey, RawField},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::enrols::enrols;
use crate::http::{
    answers::{PasskeyAnswer, SignalAnswer, TokenAnswer},
    extract::{Authenticated, CurrentPassword, DeviceCookie, JsonBody, MaybeAuthenticated, Viewing},
    openapi::{RealmPath, refusals},
    problem::ApiError,
    state::AppState,
};

/// Response of an authenticator that has created a credential.
#[derive(ToSchema)]
#[allow(
    dead_code,
    reason = "describes the body, which is read field by field so that all errors are reported together"
)]
struct PasskeyRegistration {
    /// `RegistrationResponseJSON`: what `toJSON` of the browser's credential returns.
    #[schema(value_type = Object)]
    credential: String,
    /// Name of 1 to 64 characters. Defaults to the name of the browser and operating system.
    #[schema(example = "Laptop")]
    name: Option<String>,
    /// Ticket used to start the registration, instead of the access token.
    mfa_token: Option<String>,
    /// `device` of an earlier response, for clients that use a ticket and have no cookies.
    device: Option<String>,
}

/// The passkey that was added.
#[derive(Serialize, ToSchema)]
#[schema(as = AddedPasskey)]
pub(crate) struct AddedAnswer {
    #[serde(flatten)]
    passkey: PasskeyAnswer,
    signal: SignalAnswer,
    /// Ten recovery codes, each of which replaces a factor once. Returned only once, with the first second factor.
    #[serde(skip_serializing_if = "Option::is_none")]
    recovery_codes: Option<Vec<String>>,
    /// Tokens of the session created with the ticket.
    #[serde(skip_serializing_if = "Option::is_none")]
    tokens: Option<TokenAnswer>,
}

refusals!(AddRefusals: Problem [REALM, OWNER, JSON, &[LIMITED, MFA_INVALID, PASSKEY_INVALID, PASSKEY_EXISTS, MFA_TOO_MANY], Fields(&[field("credential", FIELD_MISSING), field("name", FACTOR_NAME_INVALID)])]);

/// Add a passkey
///
/// Accepts the response to the options within five minutes. Sending the same response again has the same result. The
/// first security key turns on two-step verification, creates recovery codes and ends all other sessions. A passkey
/// does not. The email to the caller contains a link that undoes the addition.
#[utoipa::path(
    post, path = "/v1/{realm}/me/passkeys", tag = "Passkeys", security(("bearer" = [])),
    params(RealmPath),
    request_body(content = PasskeyRegistration, example = json!({
        "credential": {
            "id": "x9QmV1c0", "rawId": "x9QmV1c0", "type": "public-key", "clientExtensionResults": {},
            "response": {"clientDataJSON": "eyJ0eXBlIjoi", "attestationObject": "o2NmbXRk", "transports": ["internal"]},
        },
        "name": "Laptop",
    })),
    responses(
        (status = 201, description = "Added", body = AddedAnswer, example = json!({
            "id": "qgfhl13dmdmn04qh7oqttabfms", "name": "Laptop", "use": "login", "created_at": "2026-01-01T10:00:00Z",
            "last_used_at": null, "backup": {"eligible": true, "backed_up": true},
            "signal": {
                "rpId": "accounts.example.com", "userId": "6fYkqSO2y1cGmJ5yN0r8mRHqv0aYV2E4cQx1h8L3b7Q",
                "allAcceptedCredentialIds": ["x9QmV1c0"],
            },
        })),
        AddRefusals,
    )
)]
pub(crate) async fn add_passkey(
    State(state): State<AppState>,
    authenticated: MaybeAuthenticated,
    cookie: DeviceCookie,
    body: Result<JsonBody, Response>,
) -> Result<Response, Response> {
    let MaybeAuthenticated { request, owner } = authenticated;
    let JsonBody(mut fields) = match body {
        // A request without a body has no ticket either.
        Err(_) if owner.is_none() => return Err(ApiError::from(TOKEN_MISSING).into_response()),
        body => body?,
    };
    let (credential, name, ticket) = (fields.take("credential"), fields.take("name"), fields.take("mfa_token"));
    let devices = [cookie.value(), fields.take("device")];
    let work = async {
        let enrols = enrols(owner.as_ref(), &RawField::Missing, &ticket, &devices)?;
        fields.refuse_unknown()?;
        Ok::<_, ApiError>(request.second_factors().add_passkey(enrols, &credential, &name).await?)
    };
    let AddedPasskey { passkey, accepted, recovery_codes, logged_in, .. } =
        work.await.map_err(IntoResponse::into_response)?;
    let recovery_codes = recovery_codes.map(|codes| codes.expose().map(str::to_owned).collect());
    let device = logged_in.as_ref().map(|done| done.device.clone());
    let tokens = logged_in.map(TokenAnswer::of);
    let answer = AddedAnswer { passkey: passkey.into(), signal: accepted.into(), recovery_codes, tokens };
    let answer = (StatusCode::CREATED, Json(answer)).into_response();
    Ok(match device {
        Some(device) => cookie.set(answer, &state, &device),
        None => answer,
    })
}

/// Passkeys and security keys of the caller.
#[derive(Serialize, ToSchema)]
pub(crate) struct PasskeysAnswer {
    passkeys: Vec<PasskeyAnswer>,
}

refusals!(ListRefusals: Problem [REALM, BEARER]);

/// List the caller's passkeys
///
/// Returns passkeys and security keys, newest first.
#[utoipa::path(
    get, path = "/v1/{realm}/me/passkeys", tag = "Passkeys", security(("bearer" = [])),
    params(RealmPath),
    responses((status = 200, description = "The caller's passkeys", body = PasskeysAnswer), ListRefusals)
)]
pub(crate) async fn passkeys(viewing: Viewing) -> Result<Json<PasskeysAnswer>, ApiError> {
    let Viewing { request, viewer } = viewing;
    let passkeys = request.second_factors().passkeys(&viewer).await?.into_iter().map(Into::into).collect();
    Ok(Json(PasskeysAnswer { passkeys }))
}

/// New name of a passkey.
#[derive(ToSchema)]
#[allow(
    dead_code,
    reason = "describes the body, which is read field by field so that all errors are reported together"
)]
struct Renaming {
    /// 1 to 64 characters.
    #[schema(example = "Laptop")]
    name: String,
}

refusals!(RenameRefusals: Problem [REALM, OWNER, JSON, Fields(&[field("name", FACTOR_NAME_INVALID)])]);

/// Rename a passkey
///
/// Changes the name that is shown to the caller.
#[utoipa::path(
    patch, path = "/v1/{realm}/me/passkeys/{id}", tag = "Passkeys", security(("bearer" = [])),
    params(RealmPath, ("id" = String, Path, description = "Identifier of the passkey", example = "qgfhl13dmdmn04qh7oqttabfms")),
    request_body = Renaming,
    responses((status = 200, description = "The passkey", body = PasskeyAnswer), RenameRefusals)
)]
pub(crate) async fn rename_passkey(
    authenticated: Authenticated,
    Path(path): Path<HashMap<String, String>>,
    JsonBody(mut fields): JsonBody,
) -> Result<Json<PasskeyAnswer>, ApiError> {
    let Authenticated { request, owner } = authenticated;
    let name = fields.take("name");
    fields.refuse_unknown()?;
    let id = path.get("id").map(String::as_str).unwrap_or_default();
    Ok(Json(request.second_factors().rename_passkey(&owner, id, &name).await?.into()))
}

/// Data that the browser reports to the authenticators after a removal.
#[derive(Serialize, ToSchema)]
#[schema(as = RemovedPasskey)]
pub(crate) struct RemovedAnswer {
    pub(super) signal: SignalAnswer,
}

refusals!(RemoveRefusals: Problem [REALM, OWNER, JSON, HASHING, &[LIMITED, AUTH_STALE, AUTH_STALE_TWO_FACTORS, PASSWORD_WRONG, LOGIN_LAST, MFA_REQUIRED_BY_POLICY], Fields(&[field("nickname", FIELD_UNKNOWN)])]);

/// Remove a passkey
///
/// Ends the sessions created with the passkey, except the current session. Removing a security key ends all other
/// sessions. Requires a recent login, with two factors if two-step verification is on. The last way to log in cannot
/// be removed.
#[utoipa::path(
    delete, path = "/v1/{realm}/me/passkeys/{id}", tag = "Passkeys", security(("bearer" = [])),
    params(RealmPath, ("id" = String, Path, description = "Identifier of the passkey", example = "qgfhl13dmdmn04qh7oqttabfms")),
    request_body(content = Option<CurrentPassword>, content_type = "application/json"),
    responses((status = 200, description = "Removed", body = RemovedAnswer), RemoveRefusals)
)]
pub(crate) async fn remove_passkey(
    authenticated: Authenticated,
    Path(path): Path<HashMap<String, String>>,
    CurrentPassword { current_password }: CurrentPassword,
) -> Result<Json<RemovedAnswer>, ApiError> {
    let Authenticated { request, owner } = authenticated;
    let id = path.get("id").map(String::as_str).unwrap_or_default();
    let accepted = request.second_factors().remove_passkey(&owner, &current_password, id).await?;
    Ok(Json(RemovedAnswer { signal: accepted.into() }))
}
