use std::collections::HashMap;

use axum::{Json, extract::Path};
use portcullis_core::service::ListedGrant;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::{
    extract::{Authenticated, Viewing},
    openapi::{RealmPath, refusals},
    problem::ApiError,
    routes::Message,
};

/// What the caller lets an application do.
#[derive(Serialize, ToSchema)]
#[schema(as = Grant)]
pub(crate) struct GrantAnswer {
    /// Identifier of the application.
    #[schema(example = "shop")]
    client: String,
    #[schema(example = "Shop")]
    name: String,
    #[schema(example = json!(["openid", "profile"]))]
    scopes: Vec<String>,
    #[schema(example = "2026-10-03T10:00:00Z", format = DateTime)]
    created_at: String,
    #[schema(example = "2026-11-28T07:30:00Z", format = DateTime)]
    last_used_at: String,
}

impl From<ListedGrant> for GrantAnswer {
    fn from(grant: ListedGrant) -> Self {
        Self {
            client: grant.client.as_str().to_owned(),
            name: grant.name,
            scopes: grant.scopes.iter().map(str::to_owned).collect(),
            created_at: grant.created_at.to_string(),
            last_used_at: grant.last_used_at.to_string(),
        }
    }
}

/// Consents of the caller.
#[derive(Serialize, ToSchema)]
pub(crate) struct GrantsAnswer {
    grants: Vec<GrantAnswer>,
}

refusals!(GrantsRefusals: Problem [REALM, BEARER]);

/// List the caller's consents
///
/// Applications of others that may use the account, newest first. Those of the operator need no consent and are not listed.
#[utoipa::path(
    get, path = "/v1/{realm}/me/grants", tag = "Accounts", security(("bearer" = [])),
    params(RealmPath),
    responses((status = 200, description = "The consents", body = GrantsAnswer), GrantsRefusals)
)]
pub(crate) async fn grants(viewing: Viewing) -> Result<Json<GrantsAnswer>, ApiError> {
    let Viewing { request, viewer } = viewing;
    let grants = request.oauth().grants(&viewer).await?.into_iter().map(Into::into).collect();
    Ok(Json(GrantsAnswer { grants }))
}

refusals!(WithdrawRefusals: Problem [REALM, OWNER]);

/// Withdraw a consent
///
/// Ends the sessions of the application at the account. The application must ask again.
#[utoipa::path(
    delete, path = "/v1/{realm}/me/grants/{client}", tag = "Accounts", security(("bearer" = [])),
    params(RealmPath, ("client" = String, Path, description = "Identifier of the application, from the list", example = "shop")),
    responses((status = 200, description = "Withdrawn", body = Message, example = json!({"message": "Access removed"})), WithdrawRefusals)
)]
pub(crate) async fn withdraw(
    authenticated: Authenticated,
    Path(path): Path<HashMap<String, String>>,
) -> Result<Json<Message>, ApiError> {
    let Authenticated { request, owner } = authenticated;
    let client = path.get("client").map(String::as_str).unwrap_or_default();
    request.oauth().withdraw(&owner, client).await?;
    Ok(Message::say("Access removed"))
}
