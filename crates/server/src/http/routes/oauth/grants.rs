use std::collections::HashMap;

use axum::{Json, extract::Path};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::{
    answers::GrantAnswer,
    extract::{Authenticated, Viewing},
    openapi::{RealmPath, refusals},
    problem::ApiError,
    routes::Message,
};

/// Consents of the caller.
#[derive(Serialize, ToSchema)]
pub(crate) struct GrantsAnswer {
    grants: Vec<GrantAnswer>,
}

refusals!(GrantsRefusals: Problem [REALM, BEARER]);

/// List the caller's consents
///
/// Applications of others that may use the account, newest first. Those of the operator need no consent and are not
/// listed.
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
