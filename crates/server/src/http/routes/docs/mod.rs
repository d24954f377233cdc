//! API documentation: pages with third-party viewers of `/openapi.json`.

mod assets;
mod openapi;
mod vendor;
mod viewer;

use axum::{
    extract::State,
    http::{HeaderValue, StatusCode, header::CONTENT_SECURITY_POLICY},
    response::Response,
};
use utoipa_axum::{router::OpenApiRouter, routes};

use viewer::{REDOC, SWAGGER, Viewer};

use crate::{
    http::{extract::RequestContext, page, state::AppState},
    templates::dev::Docs,
};

/// Returns the routes of this area.
pub(in crate::http) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(openapi::openapi_json))
        .routes(routes!(swagger))
        .routes(routes!(redoc))
        .routes(routes!(vendor::vendor))
        .routes(routes!(assets::docs_css))
        .routes(routes!(assets::docs_js))
}

/// The API in Swagger UI
///
/// Lets you try every route. *Authorize* logs in.
#[utoipa::path(get, path = "/docs", tag = "Pages", responses((status = 200, description = "HTML", content_type = "text/html", body = String)))]
pub(crate) async fn swagger(State(state): State<AppState>, context: RequestContext) -> Response {
    page_of(&state, &context, &SWAGGER)
}

/// The API in ReDoc
///
/// A reference for reading.
#[utoipa::path(get, path = "/redoc", tag = "Pages", responses((status = 200, description = "HTML", content_type = "text/html", body = String)))]
pub(crate) async fn redoc(State(state): State<AppState>, context: RequestContext) -> Response {
    page_of(&state, &context, &REDOC)
}

fn page_of(state: &AppState, RequestContext(ctx): &RequestContext, viewer: &'static Viewer) -> Response {
    let docs =
        Docs { viewer: viewer.name, title: viewer.title, script: viewer.path_of(".js"), style: viewer.path_of(".css") };
    let mut response = page::render(state, ctx, &state.info.first_realm, StatusCode::OK, &docs);
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(viewer.policy));
    response
}
