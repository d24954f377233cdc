use axum::{
    extract::State,
    http::{
        StatusCode,
        header::{CACHE_CONTROL, CONTENT_TYPE},
    },
    response::{IntoResponse, Response},
};

use crate::{
    http::{extract::Circumstances, page, state::AppState},
    templates::{Page, STYLESHEET},
};

/// The landing page
///
/// What is running and a first walk, in development; a bare line in production.
#[utoipa::path(get, path = "/", tag = "Operations", responses((status = 200, description = "HTML", content_type = "text/html", body = String)))]
pub(crate) async fn landing(State(state): State<AppState>, Circumstances(ctx): Circumstances) -> Response {
    let face = &state.face;
    let landing = Page::Landing {
        base_url: &face.base_url,
        docs_enabled: face.docs,
        mailbox_enabled: state.mailbox.is_some(),
        is_development: face.is_development,
    };
    page::render(&state, &ctx, &face.first_realm, StatusCode::OK, &landing)
}

/// The pages' stylesheet
#[utoipa::path(get, path = "/assets/portcullis.css", tag = "Operations", responses((status = 200, description = "CSS", content_type = "text/css", body = String)))]
pub(crate) async fn stylesheet() -> impl IntoResponse {
    ([(CONTENT_TYPE, "text/css; charset=utf-8"), (CACHE_CONTROL, "public, max-age=3600")], STYLESHEET)
}
