use axum::{
    extract::State,
    response::{IntoResponse, Response},
};

use super::{answer::show, end_session};
use crate::{
    http::{
        extract::{Continue, PageForm, Visit},
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
    show(&state, &visit, &Signout { user, query: visit.query(&[]) })
}

/// Sign out
///
/// Ends the browser's session. Goes on to the sign-in page, or back to the application, if one has asked.
#[utoipa::path(post, path = "/v1/{realm}/signout", tag = "Pages", params(RealmPath), responses((status = 303, description = "HTML", content_type = "text/html", body = String)))]
pub(crate) async fn sign_out(State(state): State<AppState>, visit: Visit, _: PageForm) -> Response {
    let next = match visit.next() {
        Some(Continue::EndSession(request)) => match visit.request.oauth().after_end(&request).await {
            Ok(returning) => returning,
            Err(error) => return ApiError::from(error).into_response(),
        },
        _ => None,
    };
    if let Err(error) = visit.end_session().await {
        return ApiError::from(error).into_response();
    }
    // After sign-out, the user can continue the application's request with another account.
    if let Some(response) = visit.sign_in_after(&state) {
        return response;
    }
    let mut response = end_session::returned(&visit, next);
    visit.forget_session(&state, &mut response);
    response
}
