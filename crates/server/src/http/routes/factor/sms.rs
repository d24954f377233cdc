use axum::{Json, http::StatusCode};
use serde::Serialize;
use utoipa::ToSchema;

use super::totp::AddedAnswer;
use crate::http::{
    extract::{Authenticated, JsonBody, OptionalJsonBody, RealmRequest},
    openapi::{RealmPath, refusals},
    problem::ApiError,
};

/// Proof that the caller is still the same person.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes the body, which is read field by field")]
struct NewSms {
    /// Where the login is not recent and two-step verification is off.
    #[schema(example = "securepassword123", format = Password)]
    current_password: Option<String>,
}

refusals!(SmsRefusals: Problem [REALM, OWNER, JSON, HASHING, &[LIMITED, AUTH_STALE, AUTH_STALE_TWO_FACTORS, PASSWORD_WRONG, PHONE_UNVERIFIED, PHONE_DISPUTED, MFA_STRONGER_FIRST, MFA_TOO_MANY], Fields(&[field("nickname", FIELD_UNKNOWN)])]);

/// Add SMS as a second factor
///
/// Codes go to the verified phone number of the caller, who needs an authenticator app first. Only where `MFA_METHODS` names `sms`.
/// The mail to the caller has a link that undoes the addition. Needs a recent login, with two-step verification by two factors.
#[utoipa::path(
    post, path = "/v1/{realm}/me/mfa/sms", tag = "Second factors", security(("bearer" = [])),
    params(RealmPath),
    request_body(content = Option<NewSms>, content_type = "application/json"),
    responses(
        (status = 201, description = "Added", body = AddedAnswer, example = json!({
            "id": "qgfhl13dmdmn04qh7oqttabfms", "type": "sms", "name": "•••90", "created_at": "2026-01-01T10:00:00Z",
            "last_used_at": null,
        })),
        SmsRefusals,
    )
)]
pub(crate) async fn add(
    authenticated: Authenticated,
    OptionalJsonBody(mut fields): OptionalJsonBody,
) -> Result<(StatusCode, Json<AddedAnswer>), ApiError> {
    let Authenticated { request, owner } = authenticated;
    let current = fields.take("current_password");
    fields.refuse_unknown()?;
    let added = request.second_factors().add_sms(&owner, &current).await?;
    Ok((StatusCode::CREATED, Json(added.into())))
}

/// A request for what a challenge needs.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes the body, which is read field by field so that every fault is named at once")]
struct TicketForCode {
    /// The ticket of `mfa_required`.
    #[schema(example = "uCeNTzntooPKZ_0rTSk_Owe-sYCJrB8M1v_uo5qYVrM")]
    mfa_token: String,
    /// `sms`: send a code.
    #[schema(example = "sms")]
    r#type: String,
}

/// A code that was asked for.
#[derive(Serialize, ToSchema)]
pub(crate) struct SentCode {
    /// Seconds for which the code is valid.
    #[schema(example = 300)]
    expires_in: u64,
}

refusals!(ChallengeRefusals: Problem [REALM, JSON, &[LIMITED, MFA_INVALID], Fields(&[field("mfa_token", FIELD_MISSING), field("type", FIELD_MISSING)])]);

/// Send a code
///
/// Sends a code by SMS to the holder of a ticket with the challenge `sms`; until it is used or expires, a repetition sends the same
/// one. The answer is the same if a limit of messages is reached and nothing is sent. Only where `MFA_METHODS` names `sms`.
#[utoipa::path(
    post, path = "/v1/{realm}/mfa/challenge", tag = "Second factors",
    params(RealmPath),
    request_body = TicketForCode,
    responses((status = 202, description = "The code is on its way", body = SentCode), ChallengeRefusals)
)]
pub(crate) async fn challenge(
    request: RealmRequest,
    JsonBody(mut fields): JsonBody,
) -> Result<(StatusCode, Json<SentCode>), ApiError> {
    let (ticket, kind) = (fields.take("mfa_token"), fields.take("type"));
    let expires_in = request.second_factors().send_code(&ticket, &kind).await?.as_secs();
    Ok((StatusCode::ACCEPTED, Json(SentCode { expires_in })))
}
