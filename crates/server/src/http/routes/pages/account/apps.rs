use axum::{extract::State, response::Response};
use portcullis_core::{error::ErrorKind, service::ListedGrant};

use super::{
    super::{answer::show, confirm::person, consent::rows},
    go, say, turned,
};
use crate::{
    http::{
        extract::{PageForm, Says, SignedIn, Turned},
        openapi::RealmPath,
        state::AppState,
    },
    templates::pages::{AccountApps, AppRow, Gate},
};

/// List authorized applications
///
/// Scopes of each application, and the time of the consent.
#[utoipa::path(get, path = "/v1/{realm}/account/apps", tag = "Pages", params(RealmPath), responses((status = 200, description = "HTML", content_type = "text/html", body = String)))]
pub(crate) async fn list(State(state): State<AppState>, signed_in: SignedIn) -> Result<Response, Turned> {
    let grants = match signed_in.visit.request.oauth().grants(&signed_in.viewer).await {
        Ok(grants) => grants,
        // If clients are off, no application has access.
        Err(error) if error.kind() == ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(turned(&signed_in, error)),
    };
    let page = AccountApps {
        gate: Gate { done: signed_in.visit.done(&["removed"]), ..Gate::default() },
        user: person(&signed_in),
        apps: grants.into_iter().map(|grant| row(&signed_in, grant)).collect(),
    };
    Ok(show(&state, &signed_in.visit, &page))
}

fn row(signed_in: &SignedIn, grant: ListedGrant) -> AppRow {
    AppRow {
        id: grant.client.as_str().to_owned(),
        scopes: rows(signed_in.viewer.account(), &grant.scopes),
        name: grant.name,
        host: grant.host,
        since: grant.created_at.into(),
        used: grant.last_used_at.into(),
    }
}

/// Remove the access of an application
///
/// Its sessions end.
#[utoipa::path(post, path = "/v1/{realm}/account/apps", tag = "Pages", params(RealmPath), responses((status = 303, description = "HTML", content_type = "text/html", body = String)))]
pub(crate) async fn remove(
    State(state): State<AppState>,
    signed_in: SignedIn,
    PageForm(fields): PageForm,
) -> Result<Response, Turned> {
    let owner = signed_in.owner().await?;
    let client = fields.peek("client").unwrap_or_default();
    match signed_in.visit.request.oauth().withdraw(&owner, client).await {
        Ok(()) => Ok(say(&state, &signed_in, "account/apps", Says::Done("removed"))),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(go(&signed_in, "account/apps")),
        Err(error) => Err(turned(&signed_in, error)),
    }
}
