//! Registration, links, password and phone number of an account.

mod create;
mod delete;
mod otp;
mod reset;
mod undo;
mod verify;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::http::state::AppState;

/// Returns the routes of this area.
pub(in crate::http) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(create::create))
        .routes(routes!(verify::verify))
        .routes(routes!(verify::verify_by_post))
        .routes(routes!(verify::resend))
        .routes(routes!(reset::forget_password))
        .routes(routes!(reset::forget_password_by_post))
        .routes(routes!(reset::reset_password_form))
        .routes(routes!(reset::reset_password))
        .routes(routes!(undo::undo_form))
        .routes(routes!(undo::undo))
        .routes(routes!(otp::otp_phone))
        .routes(routes!(otp::verify_otp_phone))
        .routes(routes!(otp::verify_otp_phone_by_post))
        .routes(routes!(delete::delete))
}
