use axum::{extract::State, response::Response};

use super::super::{answer::show, confirm::person};
use crate::{
    http::{extract::SignedIn, openapi::RealmPath, state::AppState},
    templates::pages::AccountApps,
};

/// List authorized applications
///
/// There are none yet.
#[utoipa::path(get, path = "/v1/{realm}/account/apps", tag = "Pages", params(RealmPath), responses((status = 200, description = "HTML", content_type = "text/html", body = String)))]
pub(crate) async fn list(State(state): State<AppState>, signed_in: SignedIn) -> Response {
    show(&state, &signed_in.visit, &AccountApps { user: person(&signed_in) })
}
