//! The account of the caller.

mod delete;
mod events;
mod password;
mod profile;
mod sessions;
mod step_up;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::http::state::AppState;

/// Returns the routes of this area.
pub(in crate::http) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(profile::profile))
        .routes(routes!(profile::me, profile::edit, delete::erase))
        .routes(routes!(password::password))
        .routes(routes!(sessions::sessions, sessions::end_others))
        .routes(routes!(sessions::end))
        .routes(routes!(events::events))
        .routes(routes!(step_up::step_up))
}
