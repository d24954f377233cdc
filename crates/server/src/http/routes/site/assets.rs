use axum::{
    http::header::{CACHE_CONTROL, CONTENT_TYPE},
    response::IntoResponse,
};

use crate::{
    http::routes::FRESH,
    templates::{
        dev::{DEV_SCRIPT, DEV_STYLESHEET},
        pages::{ACTIVATE_SCRIPT, FAVICON, PAGES_SCRIPT},
    },
};

/// The stylesheet of the landing page and the development mailbox
///
/// Both are developer pages.
#[utoipa::path(get, path = "/assets/dev.css", tag = "Pages", responses((status = 200, description = "CSS", content_type = "text/css", body = String)))]
pub(crate) async fn dev_css() -> impl IntoResponse {
    ([(CONTENT_TYPE, "text/css; charset=utf-8"), (CACHE_CONTROL, FRESH)], DEV_STYLESHEET)
}

/// The script of the landing page and the development mailbox
///
/// Copies commands to the clipboard and updates the mailbox.
#[utoipa::path(get, path = "/assets/dev.js", tag = "Pages", responses((status = 200, description = "JavaScript", content_type = "text/javascript", body = String)))]
pub(crate) async fn dev_js() -> impl IntoResponse {
    ([(CONTENT_TYPE, "text/javascript; charset=utf-8"), (CACHE_CONTROL, FRESH)], DEV_SCRIPT)
}

/// The script of the account activation page
///
/// Submits the form of the page if it is opened in the browser that signed up.
#[utoipa::path(get, path = "/assets/activate.js", tag = "Pages", responses((status = 200, description = "JavaScript", content_type = "text/javascript", body = String)))]
pub(crate) async fn activate_js() -> impl IntoResponse {
    ([(CONTENT_TYPE, "text/javascript; charset=utf-8"), (CACHE_CONTROL, FRESH)], ACTIVATE_SCRIPT)
}

/// The script of the sign-in pages
///
/// Shows passwords, prevents double submits and formats local times. The pages work without it.
#[utoipa::path(get, path = "/assets/portcullis.js", tag = "Pages", responses((status = 200, description = "JavaScript", content_type = "text/javascript", body = String)))]
pub(crate) async fn pages_js() -> impl IntoResponse {
    ([(CONTENT_TYPE, "text/javascript; charset=utf-8"), (CACHE_CONTROL, "public, max-age=3600")], PAGES_SCRIPT)
}

/// The icon of the pages
///
/// A gate with three pointed bars.
#[utoipa::path(get, path = "/assets/favicon.svg", tag = "Pages", responses((status = 200, description = "SVG", content_type = "image/svg+xml", body = String)))]
pub(crate) async fn favicon() -> impl IntoResponse {
    ([(CONTENT_TYPE, "image/svg+xml"), (CACHE_CONTROL, "public, max-age=86400")], FAVICON)
}
