use std::collections::HashMap;

use axum::{Json, extract::Path};
use portcullis_core::{clock::Timestamp, federation::ListedIdentity};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::{
    extract::{Authenticated, CurrentPassword, Viewing},
    openapi::{RealmPath, refusals},
    problem::ApiError,
    routes::Message,
};

/// A linked account at another provider.
#[derive(Serialize, ToSchema)]
#[schema(as = Identity)]
pub(crate) struct IdentityAnswer {
    #[schema(example = "qgfhl13dmdmn04qh7oqttabfms")]
    id: String,
    /// Name of the provider.
    #[schema(example = "google")]
    provider: String,
    /// Display name of the account: its address or user name at the time of linking.
    #[schema(example = "john.doe@gmail.com", required)]
    label: Option<String>,
    #[schema(example = "2026-10-03T10:00:00Z", format = DateTime)]
    created_at: String,
    #[schema(example = "2026-11-28T07:30:00Z", format = DateTime, required)]
    last_used_at: Option<String>,
}

impl From<ListedIdentity> for IdentityAnswer {
    fn from(identity: ListedIdentity) -> Self {
        let ListedIdentity { id, provider, called, created_at, last_used_at, .. } = identity;
        Self {
            id: id.to_string(),
            provider,
            label: called,
            created_at: created_at.to_string(),
            last_used_at: last_used_at.as_ref().map(Timestamp::to_string),
        }
    }
}

/// Accounts of the caller at other providers.
#[derive(Serialize, ToSchema)]
pub(crate) struct IdentitiesAnswer {
    identities: Vec<IdentityAnswer>,
}

refusals!(ListRefusals: Problem [REALM, BEARER]);

/// List the caller's linked accounts
///
/// Returns the accounts at other providers that the caller can sign in with, newest first.
#[utoipa::path(
    get, path = "/v1/{realm}/me/identities", tag = "Providers", security(("bearer" = [])),
    params(RealmPath),
    responses((status = 200, description = "The linked accounts", body = IdentitiesAnswer), ListRefusals)
)]
pub(crate) async fn identities(viewing: Viewing) -> Result<Json<IdentitiesAnswer>, ApiError> {
    let Viewing { request, viewer } = viewing;
    let identities = request.federation().identities(&viewer).await?.into_iter().map(Into::into).collect();
    Ok(Json(IdentitiesAnswer { identities }))
}

refusals!(UnlinkRefusals: Problem [REALM, OWNER, JSON, HASHING, &[LIMITED, AUTH_STALE, AUTH_STALE_TWO_FACTORS, PASSWORD_WRONG, LOGIN_LAST], Fields(&[field("nickname", FIELD_UNKNOWN)])]);

/// Unlink an account
///
/// Ends the sessions created with it, except the current session. Requires a recent login, with two factors if
/// two-step verification is on. The last way to log in cannot be removed.
#[utoipa::path(
    delete, path = "/v1/{realm}/me/identities/{id}", tag = "Providers", security(("bearer" = [])),
    params(RealmPath, ("id" = String, Path, description = "Identifier of the linked account", example = "qgfhl13dmdmn04qh7oqttabfms")),
    request_body(content = Option<CurrentPassword>, content_type = "application/json"),
    responses((status = 200, description = "Unlinked", body = Message, example = json!({"message": "Account unlinked"})), UnlinkRefusals)
)]
pub(crate) async fn unlink(
    authenticated: Authenticated,
    Path(path): Path<HashMap<String, String>>,
    CurrentPassword { current_password }: CurrentPassword,
) -> Result<Json<Message>, ApiError> {
    let Authenticated { request, owner } = authenticated;
    let id = path.get("id").map(String::as_str).unwrap_or_default();
    request.federation().unlink(&owner, &current_password, id).await?;
    Ok(Message::say("Account unlinked"))
}
