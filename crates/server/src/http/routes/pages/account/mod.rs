//! Pages of the account.

mod apps;
mod codes;
mod data;
mod details;
mod email;
mod home;
mod make_passkey;
mod passkey;
mod password;
mod passwordless;
mod phone;
mod remove;
mod rename;
mod secure;
mod security;
mod sessions;
mod totp;
mod unlink;

pub(super) use codes::{carried as codes, show_codes};
pub(super) use make_passkey::{Making, make_passkey};

use axum::response::Response;
use portcullis_core::{Error, error::ErrorKind};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::http::{
    extract::{Says, SignedIn, Turned},
    redirect,
    state::AppState,
};

/// Returns the routes of the account.
pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(home::home))
        .routes(routes!(details::form, details::save))
        .routes(routes!(email::form, email::send))
        .routes(routes!(phone::form, phone::send))
        .routes(routes!(security::show, security::switch))
        .routes(routes!(password::form, password::change))
        .routes(routes!(passwordless::ask, passwordless::remove))
        .routes(routes!(totp::form, totp::confirm))
        .routes(routes!(codes::show, codes::renew))
        .routes(routes!(codes::file))
        .routes(routes!(passkey::form, passkey::add))
        .routes(routes!(passkey::key_form, passkey::add_key))
        .routes(routes!(rename::form, rename::rename))
        .routes(routes!(remove::ask, remove::remove))
        .routes(routes!(secure::secure))
        .routes(routes!(unlink::unlink))
        .routes(routes!(sessions::list, sessions::end))
        .routes(routes!(apps::list, apps::remove))
        .routes(routes!(data::show))
        .routes(routes!(data::ask, data::delete))
}

/// Redirects to another account page.
fn go(signed_in: &SignedIn, page: &str) -> Response {
    redirect::go(signed_in.visit.path(page))
}

/// Redirects to another account page with a message.
fn say(state: &AppState, signed_in: &SignedIn, page: &str, says: Says) -> Response {
    signed_in.visit.say_at(state, page, says)
}

/// Converts an error to a response. If a recent login is required, redirects to the page for it.
fn turned(signed_in: &SignedIn, error: Error) -> Turned {
    match error.kind() {
        ErrorKind::Stale { .. } => signed_in.confirm(),
        ErrorKind::BadToken => Turned::Elsewhere(signed_in.visit.path("signin")),
        _ => error.into(),
    }
}
