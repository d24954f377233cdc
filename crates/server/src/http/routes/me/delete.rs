use axum::Json;

use crate::http::{
    extract::{Authenticated, CurrentPassword},
    openapi::{RealmPath, refusals},
    problem::ApiError,
    routes::Message,
};

refusals!(EraseRefusals: Problem [REALM, OWNER, JSON, HASHING, &[LIMITED, AUTH_STALE, AUTH_STALE_TWO_FACTORS, PASSWORD_WRONG], Fields(&[field("nickname", FIELD_UNKNOWN)])]);

/// Delete the current user
///
/// Permanently deletes the caller's account with all its data and sessions. The address can be registered again
/// immediately. Requires a recent login or the current password.
#[utoipa::path(
    delete, path = "/v1/{realm}/me", tag = "Accounts", security(("bearer" = [])),
    params(RealmPath),
    request_body(content = Option<CurrentPassword>, content_type = "application/json"),
    responses(
        (status = 200, description = "Erased", body = Message, example = json!({"message": "Account deleted successfully"})),
        EraseRefusals,
    )
)]
pub(crate) async fn erase(
    authenticated: Authenticated,
    CurrentPassword { current_password }: CurrentPassword,
) -> Result<Json<Message>, ApiError> {
    let Authenticated { request, owner } = authenticated;
    request.accounts().delete_own(&owner, &current_password).await?;
    Ok(Message::say("Account deleted successfully"))
}
