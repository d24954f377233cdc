use axum::{
    http::header::{CACHE_CONTROL, CONTENT_TYPE},
    response::IntoResponse,
};

use crate::{
    http::routes::FRESH,
    templates::dev::{DOCS_SCRIPT, DOCS_STYLESHEET},
};

/// The stylesheet of the documentation
///
/// Styles the frame around the viewers.
#[utoipa::path(get, path = "/assets/docs.css", tag = "Pages", responses((status = 200, description = "CSS", content_type = "text/css", body = String)))]
pub(crate) async fn docs_css() -> impl IntoResponse {
    ([(CONTENT_TYPE, "text/css; charset=utf-8"), (CACHE_CONTROL, FRESH)], DOCS_STYLESHEET)
}

/// The script of the documentation
///
/// Starts the viewer of the page.
#[utoipa::path(get, path = "/assets/docs.js", tag = "Pages", responses((status = 200, description = "JavaScript", content_type = "text/javascript", body = String)))]
pub(crate) async fn docs_js() -> impl IntoResponse {
    ([(CONTENT_TYPE, "text/javascript; charset=utf-8"), (CACHE_CONTROL, FRESH)], DOCS_SCRIPT)
}
