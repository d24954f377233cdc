//! Page responses: HTML, or the same message as JSON for clients that prefer it.

use std::time::Duration;

use axum::{
    Json,
    body::Body,
    http::{
        HeaderValue, StatusCode,
        header::{CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, RETRY_AFTER},
    },
    response::{Html, IntoResponse, Response},
};
use portcullis_core::{Ctx, Error};
use serde_json::json;

use super::{
    extract::{PreferredFormat, RealmRequest},
    layers::{alias::RequestRealm, headers::CSP_GATE},
    problem::{self, ApiError, PublicText},
    state::AppState,
};
use crate::templates::{Page, pages::ErrorPage};

/// Responds with a page, or with its message as JSON.
pub(super) fn answer(
    state: &AppState,
    request: &RealmRequest,
    format: PreferredFormat,
    page: &impl Page,
    message: &str,
) -> Response {
    match format {
        PreferredFormat::Html => html(state, request, StatusCode::OK, page),
        PreferredFormat::Json => Json(json!({ "message": message })).into_response(),
    }
}

/// Responds with an error as a page, or as problem+json.
pub(super) fn refuse(
    state: &AppState,
    request: &RealmRequest,
    format: PreferredFormat,
    page: &impl Page,
    error: Error,
) -> Response {
    if format == PreferredFormat::Json || error.kind().is_ours() {
        return ApiError::from(error).into_response();
    }
    let mut response = html(state, request, problem::status(error.kind()), page);
    if let Some(wait) = problem::retry_after(error.kind()) {
        response.headers_mut().insert(RETRY_AFTER, wait);
    }
    response
}

/// Responds with a page as HTML.
pub(super) fn html(state: &AppState, request: &RealmRequest, status: StatusCode, page: &impl Page) -> Response {
    render(state, &request.ctx, request.realm.name.as_str(), status, page)
}

/// Responds with a page that belongs to no realm.
pub(super) fn render(state: &AppState, ctx: &Ctx, realm: &str, status: StatusCode, page: &impl Page) -> Response {
    match state.templates.page(page, realm, ctx.now) {
        Ok(html) => (status, Html(html)).into_response(),
        Err(cause) => ApiError::from(Error::internal(cause)).into_response(),
    }
}

/// Replaces a problem document with a page if a browser navigates to a URL. Status and headers are kept. Other
/// responses are unchanged.
pub(super) fn in_place_of_problem(
    state: &AppState,
    ctx: &Ctx,
    realm: Option<&RequestRealm>,
    response: Response,
) -> Response {
    let text = response.extensions().get::<PublicText>().copied();
    let Some(PublicText(error)) = text.filter(|_| problem::has_page(response.status())) else { return response };
    let (mut parts, _) = response.into_parts();
    let seconds = parts.headers.get(RETRY_AFTER).and_then(|wait| wait.to_str().ok()?.parse().ok());
    let page = ErrorPage {
        status: parts.status.as_u16(),
        error,
        wait: seconds.map(Duration::from_secs),
        request_id: ctx.request_id.as_str(),
    };
    let realm_name = realm.map_or("", |realm| realm.0.name.as_str());
    match state.templates.page(&page, realm_name, ctx.now) {
        Ok(html) => {
            parts.headers.remove(CONTENT_LENGTH);
            parts.headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
            if page.wait.is_some() {
                // The script shows a countdown.
                parts.headers.insert(CONTENT_SECURITY_POLICY, CSP_GATE);
            }
            Response::from_parts(parts, Body::from(html))
        }
        Err(cause) => problem::finish(ApiError::from(Error::internal(cause)).into_response(), ctx, realm),
    }
}
