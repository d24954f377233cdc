//! Sign-in pages for people. They call the same operations as the API routes.

mod account;
mod activity;
mod answer;
mod authorize;
mod code;
mod complete;
mod confirm;
mod confirm_with;
mod consent;
mod end_session;
mod enroll;
mod enter;
mod factor;
mod forgot;
mod link;
mod mailed;
mod offer;
mod passkey;
mod resend;
mod signin;
mod signin_passkey;
mod signout;
mod signup;
mod social;
mod step;
mod words;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::http::state::AppState;

/// Returns the routes of this area.
pub(in crate::http) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(signin::form, signin::sign_in))
        .routes(routes!(factor::form, factor::complete))
        .routes(routes!(enroll::form, enroll::confirm))
        .routes(routes!(confirm::form, confirm::confirm))
        .routes(routes!(offer::form, offer::answer))
        .routes(routes!(forgot::form, forgot::send))
        .routes(routes!(code::form, code::sign_in))
        .routes(routes!(signup::form, signup::sign_up))
        .routes(routes!(resend::form, resend::resend))
        .routes(routes!(signout::ask, signout::sign_out))
        .routes(routes!(link::form, link::link))
        .routes(routes!(complete::form, complete::complete))
        .routes(routes!(social::start))
        .routes(routes!(social::come_back, social::come_back_by_form))
        .routes(routes!(authorize::authorize, authorize::authorize_form))
        .routes(routes!(consent::form, consent::decide))
        .routes(routes!(end_session::end_session, end_session::end_session_form))
        .merge(account::routes())
}
