//! Administration. The request type of each route names the required right.

mod admins;
mod answers;
mod client_answers;
mod clients;
mod erase;
mod help;
mod keys;
mod lock;
mod me;
mod outbox;
mod own;
mod realms;
mod settings;
mod sign_in;
mod signing_keys;
mod stats;
mod trail;
mod trail_answers;
mod trail_export;
mod user;
mod users;
mod why;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::http::state::AppState;

/// Returns the routes of this area.
pub(in crate::http) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(sign_in::sign_in))
        .routes(routes!(sign_in::sign_out))
        .routes(routes!(me::me))
        .routes(routes!(me::step_up))
        .routes(routes!(me::begin_totp))
        .routes(routes!(me::confirm_totp))
        .routes(routes!(own::sessions, own::end_others))
        .routes(routes!(own::end))
        .routes(routes!(own::events))
        .routes(routes!(own::password))
        .routes(routes!(own::remove_factor))
        .routes(routes!(own::recovery_codes))
        .routes(routes!(realms::realms))
        .routes(routes!(realms::nodes))
        .routes(routes!(settings::settings))
        .routes(routes!(settings::realm))
        .routes(routes!(signing_keys::list))
        .routes(routes!(signing_keys::rotate))
        .routes(routes!(signing_keys::retire))
        .routes(routes!(stats::stats))
        .routes(routes!(outbox::list))
        .routes(routes!(outbox::retry))
        .routes(routes!(outbox::drop_message))
        .routes(routes!(realms::end_sessions))
        .routes(routes!(clients::list, clients::add))
        .routes(routes!(clients::show, clients::edit, clients::remove))
        .routes(routes!(clients::rotate))
        .routes(routes!(users::list, users::create))
        .routes(routes!(users::search))
        .routes(routes!(user::show, user::edit, erase::erase))
        .routes(routes!(lock::lock))
        .routes(routes!(lock::unlock))
        .routes(routes!(lock::verified))
        .routes(routes!(lock::compromised))
        .routes(routes!(help::invite))
        .routes(routes!(help::resend))
        .routes(routes!(help::reset))
        .routes(routes!(help::unthrottle))
        .routes(routes!(help::sessions, help::end_sessions))
        .routes(routes!(help::end_session))
        .routes(routes!(user::grants))
        .routes(routes!(erase::remove_factor))
        .routes(routes!(erase::impersonate))
        .routes(routes!(admins::admins, admins::invite))
        .routes(routes!(admins::grants))
        .routes(routes!(admins::invite_again))
        .routes(routes!(admins::reset))
        .routes(routes!(admins::remove))
        .routes(routes!(keys::keys, keys::create))
        .routes(routes!(keys::revoke))
        .routes(routes!(trail::list))
        .routes(routes!(trail::search))
        .routes(routes!(trail_export::blocks))
        .routes(routes!(trail_export::export))
        .routes(routes!(trail_export::keys))
        .routes(routes!(trail_export::rotate))
        .routes(routes!(why::why))
}
