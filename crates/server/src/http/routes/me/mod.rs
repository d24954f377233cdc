//! The account of the caller.

mod delete;
mod email;
mod events;
mod export;
mod password;
mod phone;
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
        .routes(routes!(email::request_email, email::drop_email))
        .routes(routes!(phone::request_phone, phone::remove_phone))
        .routes(routes!(sessions::sessions, sessions::end_others))
        .routes(routes!(sessions::end))
        .routes(routes!(events::events))
        .routes(routes!(export::export))
        .routes(routes!(export::download))
        .routes(routes!(step_up::step_up))
}

/// Returns the routes that exist if passkeys are enabled.
pub(in crate::http) fn passkey_routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(password::remove_password))
}
