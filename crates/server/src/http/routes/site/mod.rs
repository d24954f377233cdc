//! Pages and probes of the whole server.

mod assets;
mod brand;
mod health;
mod keys;
mod landing;
mod metadata;
mod related_origins;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::http::state::AppState;

/// Returns the routes of this area.
pub(in crate::http) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(landing::change_password))
        .routes(routes!(landing::landing))
        .routes(routes!(landing::stylesheet))
        .routes(routes!(assets::activate_js))
        .routes(routes!(brand::brand))
        .routes(routes!(assets::dev_css))
        .routes(routes!(assets::favicon))
        .routes(routes!(assets::pages_js))
        .routes(routes!(assets::dev_js))
        .routes(routes!(health::health))
        .routes(routes!(health::livez))
        .routes(routes!(health::readyz))
        .routes(routes!(keys::jwks))
        .routes(routes!(metadata::openid_metadata))
        .routes(routes!(metadata::authorization_server_metadata))
        .routes(routes!(metadata::realm_metadata))
}

/// Returns the routes that exist if passkeys are enabled.
pub(in crate::http) fn passkey_routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(related_origins::related_origins))
}
