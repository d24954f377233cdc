//! Login, tokens and logout.

mod login;
mod logout;
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
