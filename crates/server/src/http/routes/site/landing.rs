use axum::{
    extract::State,
    http::{
        StatusCode,
        header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE},
    },
    response::{IntoResponse, Response},
};

use crate::{
    http::{extract::RequestContext, layers::headers::CSP_DEVELOPMENT, page, state::AppState},
    templates::{dev::LandingDevelopment, pages::Landing},
};

/// The landing page
///
/// In development, what is running and a tour of the API; in production, a single line.
#[utoipa::path(get, path = "/", tag = "Pages", responses((status = 200, description = "HTML", content_type = "text/html", body = String)))]
pub(crate) async fn landing(State(state): State<AppState>, RequestContext(ctx): RequestContext) -> Response {
    let info = &state.info;
    if !info.is_development {
        return page::render(&state, &ctx, &info.first_realm, StatusCode::OK, &Landing);
    }
    let landing = LandingDevelopment {
        server: state.dev_server(),
        realms: &info.realms,
        database: info.database,
        has_public_keys: info.has_public_keys,
    };
    let mut response = page::render(&state, &ctx, &info.first_realm, StatusCode::OK, &landing);
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, CSP_DEVELOPMENT);
    response
}

/// The pages' stylesheet
///
/// For the pages that users see: forms, confirmations.
#[utoipa::path(get, path = "/assets/portcullis.css", tag = "Pages", responses((status = 200, description = "CSS", content_type = "text/css", body = String)))]
pub(crate) async fn stylesheet(State(state): State<AppState>) -> impl IntoResponse {
    let headers = [(CONTENT_TYPE, "text/css; charset=utf-8"), (CACHE_CONTROL, "public, max-age=3600")];
    (headers, state.templates.stylesheet().to_owned())
}
