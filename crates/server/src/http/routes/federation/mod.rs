//! Sign-in with other providers, and the caller's linked accounts.

mod identities;
mod providers;
mod start;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::http::state::AppState;

/// Returns the routes that exist in every realm. Identities remain until they are removed, even if their provider is
/// no longer configured.
pub(in crate::http) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(identities::identities)).routes(routes!(identities::unlink))
}

/// Returns the routes of realms with providers.
pub(in crate::http) fn provider_routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(providers::providers))
        .routes(routes!(providers::nonce))
        .routes(routes!(start::start))
}
