//! Completion of a sign-in: sets the session cookies.

use axum::response::{IntoResponse, Response};
use portcullis_core::{Error, service::LoggedIn};

use crate::http::{
    extract::{DeviceCookie, Visit},
    problem::ApiError,
    state::AppState,
};

/// Method of a sign-in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Way<'a> {
    /// Name stored in the cookie that remembers the last used method.
    pub(super) name: &'a str,
    /// Whether the user stays signed in.
    pub(super) keep: bool,
}

/// Sets the cookies of a new session, which replaces an earlier one of this browser, and redirects to `next`.
pub(super) async fn enter(
    state: &AppState,
    visit: &Visit,
    cookie: &DeviceCookie,
    done: LoggedIn,
    (way, next): (Way<'_>, Response),
) -> Response {
    let Some(token) = done.tokens.browser else {
        return ApiError::from(Error::internal("a page opened a session for an application")).into_response();
    };
    // The new session exists, so its cookie is set even if the earlier one could not be ended.
    if let Err(error) = visit.end_session().await {
        tracing::warn!(realm = %visit.request.realm.name, %error, "previous browser session not ended");
    }
    let mut response = cookie.set(next, state, &done.device);
    visit.set_session(state, &mut response, &token, (way.keep, way.name));
    response
}
