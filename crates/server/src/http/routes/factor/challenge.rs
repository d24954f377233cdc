use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use portcullis_core::factor::Method;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::{
    answers::RequestOptions,
    extract::{JsonBody, RealmRequest},
    openapi::{RealmPath, refusals},
    problem::ApiError,
};

/// Request to start a challenge.
#[derive(ToSchema)]
#[allow(
    dead_code,
    reason = "describes the body, which is read field by field so that all errors are reported together"
)]
struct TicketChallenge {
    /// The ticket of `mfa_required`.
    #[schema(example = "uCeNTzntooPKZ_0rTSk_Owe-sYCJrB8M1v_uo5qYVrM")]
    mfa_token: String,
    /// `passkey`, for passkeys and security keys, or `sms`: send a code.
    #[schema(example = "passkey")]
    r#type: String,
}

/// A requested code.
#[derive(Serialize, ToSchema)]
pub(crate) struct SentCode {
    /// Seconds for which the code is valid.
    #[schema(example = 300)]
    expires_in: u64,
}

refusals!(ChallengeRefusals: Problem [REALM, JSON, &[LIMITED, MFA_INVALID], Fields(&[field("mfa_token", FIELD_MISSING), field("type", FIELD_MISSING)])]);

/// Start a challenge
///
/// Requires a ticket. `passkey` returns options for `navigator.credentials.get`, with the passkeys and security keys
/// of the account. Send the response of the authenticator to `token` with `grant_type=urn:portcullis:mfa`. Nothing is
/// stored. `sms` sends a code. Until the code is used or expires, a repeated request sends the same one. If a limit
/// on messages is reached, nothing is sent and the response is the same.
#[utoipa::path(
    post, path = "/v1/{realm}/mfa/challenge", tag = "Second factors",
    params(RealmPath),
    request_body = TicketChallenge,
    responses(
        (status = 200, description = "The options", body = RequestOptions),
        (status = 202, description = "A code will be sent", body = SentCode),
        ChallengeRefusals,
    )
)]
pub(crate) async fn challenge(request: RealmRequest, JsonBody(mut fields): JsonBody) -> Result<Response, ApiError> {
    let (ticket, kind) = (fields.take("mfa_token"), fields.take("type"));
    if kind.text() == Some(Method::Passkey.as_str()) {
        let options = request.sessions().request_factor(&ticket, &kind).await?;
        return Ok(Json(RequestOptions::from(options)).into_response());
    }
    let expires_in = request.second_factors().send_code(&ticket, &kind).await?.as_secs();
    Ok((StatusCode::ACCEPTED, Json(SentCode { expires_in })).into_response())
}
