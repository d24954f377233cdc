use axum::{extract::State, response::Response};
use portcullis_core::{Error, error::ErrorKind, service::RawField};

use super::{
    super::{answer::show, confirm::person},
    go, turned,
};
use crate::{
    http::{
        extract::{PageForm, SignedIn, Turned},
        openapi::RealmPath,
        state::AppState,
    },
    templates::pages::AccountSecurityRemove,
};

/// The page that asks whether to remove a factor
///
/// Needs a recent login.
#[utoipa::path(get, path = "/v1/{realm}/account/security/remove", tag = "Pages", params(RealmPath), responses((status = 200, description = "HTML", content_type = "text/html", body = String)))]
pub(crate) async fn ask(State(state): State<AppState>, signed_in: SignedIn) -> Result<Response, Turned> {
    signed_in.fresh().await?;
    let visit = &signed_in.visit;
    let id = visit.parameter("id").unwrap_or_default();
    let status = visit.request.second_factors().status(&signed_in.viewer).await;
    let factors = status.map_err(|error| turned(&signed_in, error))?.factors;
    let Some(factor) = factors.iter().find(|factor| factor.id.as_str() == id) else {
        return Err(Error::not_found().into());
    };
    let page = AccountSecurityRemove {
        user: person(&signed_in),
        factor: factor.name.as_str().to_owned(),
        is_last: factors.len() == 1,
        action: visit.link("account/security/remove", &[("id", factor.id.as_str())]),
    };
    Ok(show(&state, visit, &page))
}

/// Remove a factor
///
/// Ends all other sessions.
#[utoipa::path(post, path = "/v1/{realm}/account/security/remove", tag = "Pages", params(RealmPath), responses((status = 303, description = "HTML", content_type = "text/html", body = String)))]
pub(crate) async fn remove(
    State(state): State<AppState>,
    signed_in: SignedIn,
    _: PageForm,
) -> Result<Response, Turned> {
    let owner = signed_in.fresh().await?;
    let id = signed_in.visit.parameter("id").unwrap_or_default();
    match signed_in.visit.request.second_factors().remove(&owner, &RawField::Missing, id).await {
        Ok(_) => Ok(signed_in.renewed(&state, go(&signed_in, "account/security?done=removed")).await),
        Err(error) if error.kind() == ErrorKind::Conflict => Ok(go(&signed_in, "account/security?problem=required")),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(go(&signed_in, "account/security")),
        Err(error) => Err(turned(&signed_in, error)),
    }
}
