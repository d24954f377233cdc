use axum::{
    extract::State,
    http::header::{CACHE_CONTROL, CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use portcullis_core::Error;

use crate::http::{problem::Refusal, state::AppState};

/// An operator's colours
///
/// The `brand.css` of `TEMPLATES_DIR`, where there is one.
#[utoipa::path(get, path = "/assets/brand.css", tag = "Operations", responses((status = 200, description = "CSS", content_type = "text/css", body = String)))]
pub(crate) async fn brand(State(state): State<AppState>) -> Result<Response, Refusal> {
    let style = state.templates.brand().ok_or_else(Error::not_found)?.to_owned();
    let headers = [(CONTENT_TYPE, "text/css; charset=utf-8"), (CACHE_CONTROL, "public, max-age=3600")];
    Ok((headers, style).into_response())
}
