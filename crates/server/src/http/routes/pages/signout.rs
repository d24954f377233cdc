use axum::{
    extract::State,
    http::{StatusCode, header::LOCATION},
    response::{IntoResponse, Response},
};

use super::answer::show;
use crate::{
    http::{
        extract::{PageForm, Visit},
        openapi::RealmPath,
        problem::ApiError,
        state::AppState,
    },
    templates::pages::{Person, Signout},
};

/// Ask whether to sign out
///
/// Shows a confirmation if the browser is not signed in.
#[utoipa::path(get, path = "/v1/{realm}/signout", tag = "Pages", params(RealmPath), responses((status = 200, description = "HTML", content_type = "text/html", body = String)))]
pub(crate) async fn ask(State(state): State<AppState>, visit: Visit) -> Response {
    let user = visit.viewer.as_ref().map(|viewer| Person::new(viewer.account().profile.email.as_str(), [None, None]));
    show(&state, &visit, &Signout { user })
}

/// Sign out
///
/// Ends the browser's session.
#[utoipa::path(post, path = "/v1/{realm}/signout", tag = "Pages", params(RealmPath), responses((status = 303, description = "HTML", content_type = "text/html", body = String)))]
pub(crate) async fn sign_out(State(state): State<AppState>, visit: Visit, _: PageForm) -> Response {
    if let Err(error) = visit.end_session().await {
        return ApiError::from(error).into_response();
    }
    let mut response = (StatusCode::SEE_OTHER, [(LOCATION, visit.path("signout"))]).into_response();
    visit.forget_session(&state, &mut response);
    response
}
