//! Second factors of the caller.

mod challenge;
mod devices;
mod enrols;
mod mfa;
mod passkey_options;
mod passkeys;
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
        .routes(routes!(challenge::challenge))
        .routes(routes!(recovery_codes::renew))
        .routes(routes!(devices::devices, devices::distrust_all))
        .routes(routes!(devices::distrust))
}

/// Returns the routes that exist if passkeys are enabled.
pub(in crate::http) fn passkey_routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(passkey_options::begin_passkey))
        .routes(routes!(passkeys::passkeys, passkeys::add_passkey))
        .routes(routes!(passkeys::rename_passkey, passkeys::remove_passkey))
}
