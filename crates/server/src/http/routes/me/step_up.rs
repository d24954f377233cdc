use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::{
    extract::{Authenticated, JsonBody},
    openapi::{RealmPath, refusals},
    problem::ApiError,
};

/// Proof that the caller is still the same person.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes the body, which is read field by field so that every fault is named at once")]
struct Reauthentication {
    #[schema(example = "securepassword123", format = Password)]
    current_password: String,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct StepUpAnswer {
    /// An access token of the same session, with a new `auth_time`.
    #[schema(
        example = "eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCJ9.eyJzdWIiOiIxazB2NnNxN3QybThnNGM5ZTVyM24xaDBqYSJ9.c2lnbmF0dXJl"
    )]
    access_token: String,
    #[schema(example = "bearer")]
    token_type: &'static str,
    /// In seconds.
    #[schema(example = 1800)]
    expires_in: u64,
}

refusals!(StepUpRefusals: Problem [REALM, OWNER, JSON, HASHING, &[LIMITED, PASSWORD_WRONG], Fields(&[field("current_password", FIELD_MISSING)])]);

/// Authenticate again
///
/// Answers a fresh access token of the same session, for routes that need a recent login. Later refreshes keep the new
/// `auth_time`. The refresh token stays.
#[utoipa::path(
    post, path = "/v1/{realm}/me/step_up", tag = "Accounts", security(("bearer" = [])),
    params(RealmPath),
    request_body = Reauthentication,
    responses(
        (status = 200, description = "Authenticated", body = StepUpAnswer),
        StepUpRefusals,
    )
)]
pub(crate) async fn step_up(
    authenticated: Authenticated,
    JsonBody(mut fields): JsonBody,
) -> Result<Json<StepUpAnswer>, ApiError> {
    let Authenticated { request, owner } = authenticated;
    let current = fields.take("current_password");
    fields.refuse_unknown()?;
    let access = request.sessions().step_up(&owner, &current).await?;
    Ok(Json(StepUpAnswer {
        access_token: access.expose().to_owned(),
        token_type: "bearer",
        expires_in: access.lifetime.as_secs(),
    }))
}
