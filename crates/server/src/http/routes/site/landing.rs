use axum::{
    extract::State,
    http::{
        StatusCode,
        header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION},
    },
    response::{IntoResponse, Response},
};

use portcullis_core::Error;

use crate::{
    http::{extract::RequestContext, layers::headers::CSP_DEVELOPMENT, page, problem::ApiError, state::AppState},
    templates::{dev::LandingDevelopment, pages::Landing},
};

/// The landing page
///
/// In development it shows the running services and a tour of the API, in production a single line.
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
        has_dashboard: state.admin.is_on,
    };
    let mut response = page::render(&state, &ctx, &info.first_realm, StatusCode::OK, &landing);
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, CSP_DEVELOPMENT);
    response
}

/// The stylesheet of the pages
///
/// Styles the pages for users, such as forms and confirmations.
#[utoipa::path(get, path = "/assets/portcullis.css", tag = "Pages", responses((status = 200, description = "CSS", content_type = "text/css", body = String)))]
pub(crate) async fn stylesheet(State(state): State<AppState>) -> impl IntoResponse {
    let headers = [(CONTENT_TYPE, "text/css; charset=utf-8"), (CACHE_CONTROL, "public, max-age=3600")];
    (headers, state.templates.stylesheet().to_owned())
}

/// The page to change a password
///
/// Opened by password managers. Redirects to the first realm with pages.
#[utoipa::path(get, path = "/.well-known/change-password", tag = "Pages", responses((status = 302, description = "The page")))]
pub(crate) async fn change_password(State(state): State<AppState>) -> Result<Response, ApiError> {
    let realm = state.info.realms.iter().find(|realm| state.templates.has_pages(realm)).ok_or_else(Error::not_found)?;
    let page = format!("{}/{realm}/account/security", state.info.root);
    Ok((StatusCode::FOUND, [(LOCATION, page)]).into_response())
}
