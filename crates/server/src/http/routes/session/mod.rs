//! Login, tokens and logout.

mod client_grant;
mod login;
mod logout;
mod passkeys;
mod signin_code;
mod token;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::http::state::AppState;

/// Returns the routes of this area.
pub(in crate::http) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(login::login))
        .routes(routes!(token::token))
        .routes(routes!(logout::logout))
        .routes(routes!(logout::logout_by_post))
}

/// Returns the routes that exist if users can sign in by email.
pub(in crate::http) fn mail_routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(signin_code::start_signin_code))
        .routes(routes!(signin_code::finish_signin_code))
}

/// Returns the routes that exist if passkeys are enabled.
pub(in crate::http) fn passkey_routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(passkeys::begin_passkey_login)).routes(routes!(passkeys::passkey_login))
}
