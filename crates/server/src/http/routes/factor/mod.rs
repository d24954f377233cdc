//! Second factors of the caller.

mod devices;
mod mfa;
mod recovery_codes;
mod sms;
mod totp;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::http::state::AppState;

/// Returns the routes of this area.
pub(in crate::http) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(mfa::mfa, mfa::switch))
        .routes(routes!(mfa::remove))
        .routes(routes!(totp::begin))
        .routes(routes!(totp::confirm))
        .routes(routes!(sms::add))
        .routes(routes!(sms::challenge))
        .routes(routes!(recovery_codes::renew))
        .routes(routes!(devices::devices, devices::distrust_all))
        .routes(routes!(devices::distrust))
}
