use axum::{
    extract::{Path, State},
    http::{
        HeaderValue,
        header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE},
    },
    response::{IntoResponse, Response},
};
use portcullis_core::Error;

use crate::http::{problem::ApiError, state::AppState};

/// Policy for images. An SVG opened directly runs no scripts.
const CSP_IMAGE: HeaderValue = HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'; sandbox");

/// A file of a brand
///
/// Colours, logo or icon of a realm. The file name is a hash of the content, so that browsers can cache it
/// permanently.
#[utoipa::path(get, path = "/assets/brand/{file}", tag = "Pages", params(("file" = String, Path, description = "Name of the file")), responses((status = 200, description = "The file", content_type = "text/css", body = String)))]
pub(crate) async fn brand(State(state): State<AppState>, Path(file): Path<String>) -> Result<Response, ApiError> {
    let found = state.templates.brand_file(&file).ok_or_else(Error::not_found)?;
    let kept = "public, max-age=31536000, immutable";
    let mut response = ([(CONTENT_TYPE, found.kind), (CACHE_CONTROL, kept)], found.bytes.to_vec()).into_response();
    if found.kind.starts_with("image/") {
        response.headers_mut().insert(CONTENT_SECURITY_POLICY, CSP_IMAGE);
    }
    Ok(response)
}
