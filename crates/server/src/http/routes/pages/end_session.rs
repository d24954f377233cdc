//! `end_session`, where applications send users to sign out.

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use portcullis_core::{
    error::catalogue::REQUEST_TOO_LONG,
    oauth::EndSessionRequest,
    service::{Returning, SignedOut},
};

use super::authorize::{lead, with_query};
use crate::http::{
    extract::{Continue, FormBody, Visit},
    openapi::RealmPath,
    problem::ApiError,
    redirect::go,
    state::AppState,
};

/// Where applications send users to sign out
///
/// RP-initiated logout of OpenID Connect. An ID token of the browser's own session ends it immediately. Otherwise, the
/// user is asked. Then the browser goes to `post_logout_redirect_uri`, if it is registered for the application.
#[utoipa::path(get, path = "/v1/{realm}/end_session", tag = "Pages", params(RealmPath), responses((status = 303, description = "To a page, or back to the application", content_type = "text/html", body = String)))]
pub(crate) async fn end_session(State(state): State<AppState>, visit: Visit) -> Response {
    let request = match visit.next() {
        Some(Continue::EndSession(request)) => Some(*request),
        _ => EndSessionRequest::read(visit.pairs()),
    };
    let Some(request) = request else { return ApiError::from(REQUEST_TOO_LONG).into_response() };
    match visit.request.oauth().end_session_of_browser(&request, visit.viewer.as_ref()).await {
        Ok(SignedOut::Ask(request)) => lead(&visit, "signout", &Continue::EndSession(Box::new(request))),
        Ok(SignedOut::Now(returning)) => {
            if let Err(error) = visit.end_session().await {
                return ApiError::from(error).into_response();
            }
            let mut response = returned(&visit, returning);
            // If there was no session to end, a sign-in in progress continues.
            if visit.viewer.is_some() {
                visit.forget_session(&state, &mut response);
            }
            response
        }
        Err(error) => ApiError::from(error).into_response(),
    }
}

/// Where applications send users to sign out, as a form
///
/// The request is repeated as GET, with which browsers send the cookie of the session. It is sealed, so that the ID
/// token is in no log.
#[utoipa::path(post, path = "/v1/{realm}/end_session", tag = "Pages", params(RealmPath), responses((status = 303, description = "Redirect to the same path with GET", content_type = "text/html", body = String)))]
pub(crate) async fn end_session_form(visit: Visit, FormBody(fields): FormBody) -> Response {
    let texts: Vec<(String, String)> = fields.texts().collect();
    match EndSessionRequest::read(texts.iter().map(|(name, value)| (name.as_str(), value.as_str()))) {
        Some(request) => lead(&visit, "end_session", &Continue::EndSession(Box::new(request))),
        None => ApiError::from(REQUEST_TOO_LONG).into_response(),
    }
}

/// Redirects to the application, or to the page that says that the user is signed out.
pub(super) fn returned(visit: &Visit, returning: Option<Returning>) -> Response {
    let Some(Returning { redirect_uri, state }) = returning else { return go(visit.path("signout")) };
    match state {
        Some(state) => go(with_query(&redirect_uri, &[("state", state)])),
        None => go(redirect_uri),
    }
}
