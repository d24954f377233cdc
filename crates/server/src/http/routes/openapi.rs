use axum::{
    extract::State,
    http::header::{CACHE_CONTROL, CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use utoipa::{
    OpenApi,
    openapi::{
        OpenApi as Document,
        security::{Flow, OAuth2, Password, Scopes, SecurityScheme},
    },
};

use crate::http::state::{AppState, Face};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Portcullis",
        description = "User accounts for any application.\n\nEvery path stands for each realm. A path without a version means `/v1`, for ever: `/User1/create` and `/v1/User1/create` are the same route. Errors are `application/problem+json` (RFC 9457).",
        license(name = "MIT", identifier = "MIT"),
    ),
    tags(
        (name = "Accounts", description = "Registration, login, profile"),
        (name = "Pages", description = "What browsers open and load"),
        (name = "Operations", description = "For those who run the server"),
        (name = "Development", description = "Only on a developer's machine"),
    ),
)]
struct Api;

/// The document without its paths; the routes add themselves.
pub(in crate::http) fn document(face: &Face) -> Document {
    let mut document = Api::openapi();
    let login = Flow::Password(Password::new(format!("{}/{}/login", face.root, face.first_realm), Scopes::new()));
    let components = document.components.get_or_insert_default();
    components.add_security_scheme("bearer", SecurityScheme::OAuth2(OAuth2::new([login])));
    document
}

/// This document
///
/// OpenAPI 3.1, made from the routes themselves.
#[utoipa::path(get, path = "/openapi.json", tag = "Operations", responses((status = 200, description = "OpenAPI 3.1", content_type = "application/json", body = Object)))]
pub(crate) async fn openapi_json(State(state): State<AppState>) -> Response {
    let headers = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "public, max-age=300")];
    (headers, state.openapi.clone()).into_response()
}
