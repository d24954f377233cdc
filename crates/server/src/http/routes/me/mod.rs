//! The account of the caller.

mod profile;
mod sessions;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::http::state::AppState;

/// Returns the routes of this area.
pub(in crate::http) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(profile::profile))
        .routes(routes!(profile::me))
        .routes(routes!(sessions::sessions))
}
