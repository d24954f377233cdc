use axum::{
    http::header::{CACHE_CONTROL, CONTENT_TYPE},
    response::IntoResponse,
};

use crate::{
    http::routes::FRESH,
    templates::dashboard::{DASHBOARD_SCRIPT, DASHBOARD_STYLESHEET},
};

/// Returns the stylesheet of the dashboard.
pub(super) async fn css() -> impl IntoResponse {
    ([(CONTENT_TYPE, "text/css; charset=utf-8"), (CACHE_CONTROL, FRESH)], DASHBOARD_STYLESHEET)
}

/// Returns the script of the dashboard. All pages work without it.
pub(super) async fn js() -> impl IntoResponse {
    ([(CONTENT_TYPE, "text/javascript; charset=utf-8"), (CACHE_CONTROL, FRESH)], DASHBOARD_SCRIPT)
}
