use axum::{
    Json,
    response::{IntoResponse, Response},
};
use portcullis_core::error::catalogue::TOKEN_MISSING;
use utoipa::ToSchema;

use super::enrols::enrols;
use crate::http::{
    answers::CreationOptions,
    extract::{MaybeAuthenticated, OptionalJsonBody},
    openapi::{RealmPath, refusals},
    problem::ApiError,
};

/// A request to add a passkey or security key.
#[derive(ToSchema)]
#[allow(
    dead_code,
    reason = "describes the body, which is read field by field so that all errors are reported together"
)]
struct NewPasskey {
    /// `login` (a passkey, if it is missing) or `second_factor` (a security key).
    #[schema(example = "login")]
    r#use: Option<String>,
    /// Current password. Required if the login is not recent and two-step verification is off.
    #[schema(example = "securepassword123", format = Password)]
    current_password: Option<String>,
    /// Ticket of the challenge `enroll`, instead of the access token.
    mfa_token: Option<String>,
}

refusals!(OptionsRefusals: Problem [REALM, OWNER, JSON, HASHING, &[LIMITED, AUTH_STALE, AUTH_STALE_TWO_FACTORS, PASSWORD_WRONG, MFA_INVALID, MFA_TOO_MANY], Fields(&[field("use", PASSKEY_USE_INVALID)])]);

/// Start adding a passkey
///
/// Returns options for `navigator.credentials.create`, for a passkey that logs in without a password or for a
/// security key that is only a second factor. Stores nothing. Requires a recent login, with two factors if two-step
/// verification is on, or the ticket of the challenge `enroll`.
#[utoipa::path(
    post, path = "/v1/{realm}/me/passkeys/options", tag = "Passkeys", security(("bearer" = [])),
    params(RealmPath),
    request_body(content = Option<NewPasskey>, content_type = "application/json"),
    responses(
        (status = 200, description = "The options", body = CreationOptions, example = json!({
            "publicKey": {
                "rp": {"id": "accounts.example.com", "name": "Portcullis"},
                "user": {
                    "id": "6fYkqSO2y1cGmJ5yN0r8mRHqv0aYV2E4cQx1h8L3b7Q", "name": "john.doe@example.com", "displayName": "John Doe",
                },
                "challenge": "AAABm3VzfQBq0zj0Q1yJ7xZ4v2bYc8dE5fG6hI7jK8k",
                "pubKeyCredParams": [
                    {"type": "public-key", "alg": -7}, {"type": "public-key", "alg": -8}, {"type": "public-key", "alg": -257},
                ],
                "timeout": 300000, "attestation": "none",
                "authenticatorSelection": {"residentKey": "required", "userVerification": "required"},
                "excludeCredentials": [{"type": "public-key", "id": "x9QmV1c0"}],
            },
            "expires_in": 300,
        })),
        OptionsRefusals,
    )
)]
pub(crate) async fn begin_passkey(
    authenticated: MaybeAuthenticated,
    body: Result<OptionalJsonBody, Response>,
) -> Result<Json<CreationOptions>, Response> {
    let MaybeAuthenticated { request, owner } = authenticated;
    let OptionalJsonBody(mut fields) = match body {
        // A request without a body has no ticket either.
        Err(_) if owner.is_none() => return Err(ApiError::from(TOKEN_MISSING).into_response()),
        body => body?,
    };
    let (used_for, current, ticket) = (fields.take("use"), fields.take("current_password"), fields.take("mfa_token"));
    let work = async {
        let enrols = enrols(owner.as_ref(), &current, &ticket, &[])?;
        fields.refuse_unknown()?;
        Ok::<_, ApiError>(Json(request.second_factors().begin_passkey(enrols, &used_for).await?.into()))
    };
    work.await.map_err(IntoResponse::into_response)
}
