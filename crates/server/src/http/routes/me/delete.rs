use axum::Json;
use utoipa::ToSchema;

use crate::http::{
    extract::{Authenticated, OptionalJsonBody},
    openapi::{RealmPath, refusals},
    problem::ApiError,
    routes::Message,
};

/// Proof that the caller is still the same person, where the login is not recent.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes the body, which is read field by field")]
struct Erasure {
    #[schema(example = "securepassword123", format = Password)]
    current_password: Option<String>,
}

refusals!(EraseRefusals: Problem [REALM, BEARER, JSON, HASHING, &[LIMITED, AUTH_STALE, PASSWORD_WRONG], Fields(&[field("nickname", FIELD_UNKNOWN)])]);

/// Delete the current user
///
/// Erases the caller's account: all data, all sessions; the address is free at once. Needs a recent login, or the current password.
#[utoipa::path(
    delete, path = "/v1/{realm}/me", tag = "Accounts", security(("bearer" = [])),
    params(RealmPath),
    request_body(content = Option<Erasure>, content_type = "application/json"),
    responses(
        (status = 200, description = "Erased", body = Message, example = json!({"message": "Account deleted successfully"})),
        EraseRefusals,
    )
)]
pub(crate) async fn erase(
    authenticated: Authenticated,
    OptionalJsonBody(mut fields): OptionalJsonBody,
) -> Result<Json<Message>, ApiError> {
    let Authenticated { request, owner } = authenticated;
    let current = fields.take("current_password");
    fields.refuse_unknown()?;
    request.accounts().delete_own(&owner, &current).await?;
    Ok(Message::say("Account deleted successfully"))
}
