//! Pages: HTML, or the same news as JSON for those who ask for it.

use axum::{
    Json,
    http::{StatusCode, header::RETRY_AFTER},
    response::{Html, IntoResponse, Response},
};
use portcullis_core::Error;
use serde_json::json;

use super::{
    extract::{Call, Wants},
    problem::{self, Refusal},
    state::AppState,
};
use crate::templates::Page;

/// A page, or its message as JSON.
pub(super) fn answer(state: &AppState, call: &Call, wants: Wants, page: &impl Page, message: &str) -> Response {
    match wants {
        Wants::Html => html(state, call, StatusCode::OK, page),
        Wants::Json => Json(json!({ "message": message })).into_response(),
    }
}

/// A refusal as a page, or as problem+json.
pub(super) fn refuse(state: &AppState, call: &Call, wants: Wants, page: &impl Page, error: Error) -> Response {
    if wants == Wants::Json || error.kind().is_ours() {
        return Refusal::from(error).into_response();
    }
    let mut response = html(state, call, problem::status(error.kind()), page);
    if let Some(wait) = problem::retry_after(error.kind()) {
        response.headers_mut().insert(RETRY_AFTER, wait);
    }
    response
}

/// A page in HTML.
pub(super) fn html(state: &AppState, call: &Call, status: StatusCode, page: &impl Page) -> Response {
    render(state, &call.ctx, call.realm.name.as_str(), status, page)
}

/// A page that belongs to no realm's request.
pub(super) fn render(
    state: &AppState,
    ctx: &portcullis_core::Ctx,
    realm: &str,
    status: StatusCode,
    page: &impl Page,
) -> Response {
    match state.templates.page(page, realm, ctx.now) {
        Ok(html) => (status, Html(html)).into_response(),
        Err(cause) => Refusal::from(Error::internal(cause)).into_response(),
    }
}
