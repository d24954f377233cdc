use axum::{extract::State, response::Response};

use super::{
    answer::{Typed, again, show},
    resend::SentTo,
};
use crate::{
    http::{
        extract::{PageForm, Visit},
        openapi::RealmPath,
        state::AppState,
    },
    templates::{
        in_words,
        pages::{Gate, SigninForgot},
    },
};

/// Show the form for a forgotten password
///
/// Asks for the email address.
#[utoipa::path(get, path = "/v1/{realm}/signin/forgot", tag = "Pages", params(RealmPath), responses((status = 200, description = "HTML", content_type = "text/html", body = String)))]
pub(crate) async fn form(State(state): State<AppState>, visit: Visit) -> Response {
    show(&state, &visit, &page(&visit, Gate::default()))
}

fn page(visit: &Visit, gate: Gate) -> SigninForgot {
    let valid_for = in_words(visit.request.realm.policy.reset_ttl);
    SigninForgot { gate: Gate { query: visit.query(&[]), ..gate }, valid_for }
}

/// Send a password reset link
///
/// The response is the same whether or not the address has an account.
#[utoipa::path(post, path = "/v1/{realm}/signin/forgot", tag = "Pages", params(RealmPath), responses((status = 303, description = "HTML", content_type = "text/html", body = String)))]
pub(crate) async fn send(State(state): State<AppState>, visit: Visit, PageForm(mut fields): PageForm) -> Response {
    let typed = Typed::of(&fields, &["email"]);
    let email = super::resend::address(&mut fields);
    match visit.request.accounts().request_reset(&email).await {
        Ok(()) => SentTo::new(&email, "reset").show(&state, &visit),
        Err(error) => again(&state, &visit, error, (Gate::default(), &typed), |gate| page(&visit, gate)),
    }
}
