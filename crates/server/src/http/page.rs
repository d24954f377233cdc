//! Answers of pages: HTML, or the same message as JSON for clients that prefer it.

use axum::{
    Json,
    http::{StatusCode, header::RETRY_AFTER},
    response::{Html, IntoResponse, Response},
};
use portcullis_core::Error;
use serde_json::json;

use super::{
    extract::{PreferredFormat, RealmRequest},
    problem::{self, ApiError},
    state::AppState,
};
use crate::templates::Page;

/// Answers with a page, or with its message as JSON.
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

/// Answers with a refusal as a page, or as problem+json.
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

/// Answers with a page as HTML.
pub(super) fn html(state: &AppState, request: &RealmRequest, status: StatusCode, page: &impl Page) -> Response {
    render(state, &request.ctx, request.realm.name.as_str(), status, page)
}

/// Answers with a page outside of all realms.
pub(super) fn render(
    state: &AppState,
    ctx: &portcullis_core::Ctx,
    realm: &str,
    status: StatusCode,
    page: &impl Page,
) -> Response {
    match state.templates.page(page, realm, ctx.now) {
        Ok(html) => (status, Html(html)).into_response(),
        Err(cause) => ApiError::from(Error::internal(cause)).into_response(),
    }
}
