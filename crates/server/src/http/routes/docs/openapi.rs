use axum::{
    extract::State,
    http::header::{CACHE_CONTROL, CONTENT_TYPE},
    response::{IntoResponse, Response},
};

use crate::http::{own_openapi, state::AppState};

/// This description
///
/// OpenAPI 3.1, generated from the routes.
#[utoipa::path(
    get, path = "/openapi.json", tag = "Operations",
    responses((
        status = 200, description = "OpenAPI 3.1", content_type = "application/json", body = Object,
        example = json!({"openapi": "3.1.0", "info": {"title": "Portcullis", "version": "0.1.0"}, "paths": {}}),
    ))
)]
pub(crate) async fn openapi_json(State(state): State<AppState>) -> Response {
    let headers = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "public, max-age=300")];
    (headers, own_openapi(&state)).into_response()
}
