use axum::{extract::State, response::Response};
use portcullis_core::{
    error::{ErrorKind, catalogue::LOGIN_LAST},
    factor::Method,
    service::RawField,
};

use super::{
    super::{answer::show, confirm::person},
    go, say, turned,
};
use crate::{
    http::{
        extract::{PageForm, Says, SignedIn, Turned},
        openapi::RealmPath,
        state::AppState,
    },
    templates::pages::AccountSecurityRemove,
};

/// Ask whether to remove a factor
///
/// Requires a recent login.
#[utoipa::path(get, path = "/v1/{realm}/account/security/remove", tag = "Pages", params(RealmPath), responses((status = 200, description = "HTML", content_type = "text/html", body = String)))]
pub(crate) async fn ask(State(state): State<AppState>, signed_in: SignedIn) -> Result<Response, Turned> {
    signed_in.fresh().await?;
    let visit = &signed_in.visit;
    let id = visit.parameter("id").unwrap_or_default();
    let status = visit.request.second_factors().status(&signed_in.viewer).await;
    let status = status.map_err(|error| turned(&signed_in, error))?;
    let Some(factor) = status.factors.iter().find(|factor| factor.id.as_str() == id) else {
        return Ok(go(&signed_in, "account/security"));
    };
    let page = AccountSecurityRemove {
        user: person(&signed_in),
        factor: factor.name.as_str().to_owned(),
        kind: factor.method.as_str(),
        is_last: status.factors.len() == 1 && status.two_step,
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
    let factors = signed_in.visit.request.second_factors();
    let before = factors.status(&signed_in.viewer).await.map_err(|error| turned(&signed_in, error))?.factors;
    let says = |says| say(&state, &signed_in, "account/security", says);
    match factors.remove(&owner, &RawField::Missing, id).await {
        Ok(_) => {
            let removed = before.iter().find(|factor| factor.id.as_str() == id).map(|factor| factor.method);
            let word = match removed {
                Some(Method::Passkey) => "passkey_removed",
                Some(Method::SecurityKey) => "key_removed",
                _ => "removed",
            };
            Ok(signed_in.renewed(&state, says(Says::Done(word))).await)
        }
        Err(error) if error.code() == LOGIN_LAST.code => Ok(says(Says::Problem("last"))),
        Err(error) if error.kind() == ErrorKind::Conflict => Ok(says(Says::Problem("required"))),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(go(&signed_in, "account/security")),
        Err(error) => Err(turned(&signed_in, error)),
    }
}
