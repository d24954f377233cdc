use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::{
    extract::{Authenticated, Query},
    openapi::{RealmPath, refusals},
    problem::ApiError,
};

#[derive(Serialize, ToSchema)]
pub(crate) struct DeleteAnswer {
    #[schema(example = "User with id 1k0v6sq7t2m8g4c9e5r3n1h0ja and email john.doe@example.com deleted successfully")]
    message: String,
}

refusals!(DeleteRefusals: Problem [REALM, OWNER, &[AUTH_STALE, AUTH_STALE_TWO_FACTORS]]);

/// Delete an account
///
/// Permanently deletes the caller's account with all its data and sessions. The address can be registered again
/// immediately. Requires a recent login.
#[utoipa::path(
    delete, path = "/v1/{realm}/delete", tag = "Accounts", security(("bearer" = [])),
    params(
        RealmPath,
        ("id" = String, Query, description = "The caller's own id", example = "1k0v6sq7t2m8g4c9e5r3n1h0ja"),
        ("email" = String, Query, description = "The caller's own address", example = "john.doe@example.com"),
    ),
    responses(
        (status = 200, description = "Erased", body = DeleteAnswer),
        DeleteRefusals,
    )
)]
pub(crate) async fn delete(authenticated: Authenticated, mut query: Query) -> Result<Json<DeleteAnswer>, ApiError> {
    let Authenticated { request, owner } = authenticated;
    let (id, email) = (query.take("id"), query.0.take_address("email"));
    request.accounts().delete(&owner, &id, &email).await?;
    let account = owner.account();
    let (id, email) = (&account.id, account.profile.email.as_str());
    Ok(Json(DeleteAnswer { message: format!("User with id {id} and email {email} deleted successfully") }))
}
