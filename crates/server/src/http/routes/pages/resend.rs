use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use portcullis_core::{error::ErrorKind, service::RawField};
use serde::{Deserialize, Serialize};

use super::answer::{Typed, again, show};
use crate::{
    http::{
        extract::{Carried, Fields, PageForm, Visit},
        openapi::RealmPath,
        problem::ApiError,
        state::AppState,
    },
    templates::pages::{Gate, Person, SignupResend},
};

/// Recipient of an email, passed to the page in its URL.
#[derive(Serialize, Deserialize)]
pub(super) struct SentTo {
    email: String,
    what: String,
    /// Whether a resend was requested.
    is_again: bool,
}

impl Carried for SentTo {
    const NAME: &'static str = "to";
}

impl SentTo {
    /// Creates the value for a submitted address. `what` is `registration` or `reset`.
    pub(super) fn new(email: &RawField, what: &str) -> Self {
        Self { email: email.text().unwrap_or_default().trim().to_owned(), what: what.to_owned(), is_again: false }
    }

    /// Redirects to the page that confirms the email.
    pub(super) fn show(&self, state: &AppState, visit: &Visit) -> Response {
        visit.carry(state, "signup/resend", self, &[])
    }
}

/// Takes the address. An empty one is treated as absent.
pub(super) fn address(fields: &mut Fields) -> RawField {
    match fields.peek("email") {
        Some(text) if text.trim().is_empty() => RawField::Missing,
        _ => fields.take_address("email"),
    }
}

/// Show the page that confirms an email
///
/// Asks for the address if the URL contains none.
#[utoipa::path(get, path = "/v1/{realm}/signup/resend", tag = "Pages", params(RealmPath), responses((status = 200, description = "HTML", content_type = "text/html", body = String)))]
pub(crate) async fn form(State(state): State<AppState>, visit: Visit) -> Response {
    let sent = visit.carried::<SentTo>();
    let done = if sent.as_ref().is_some_and(|sent| sent.is_again) { "sent" } else { "" };
    let page = page(&state, &visit, sent, Gate { done, ..Gate::default() });
    show(&state, &visit, &page)
}

fn page(state: &AppState, visit: &Visit, sent: Option<SentTo>, gate: Gate) -> SignupResend {
    let carried = visit.parameter(SentTo::NAME).filter(|_| sent.is_some()).map(|text| (SentTo::NAME, text));
    SignupResend {
        gate: Gate { query: visit.query(&[]), action: visit.link("signup/resend", carried.as_slice()), ..gate },
        what: if sent.as_ref().is_some_and(|sent| sent.what == "reset") { "reset" } else { "registration" },
        user: sent.map(|sent| Person::new(&sent.email, [None, None])),
        mailbox: state.mailbox.is_some(),
    }
}

/// Resend an email
///
/// The response is the same whether or not an email is sent.
#[utoipa::path(post, path = "/v1/{realm}/signup/resend", tag = "Pages", params(RealmPath), responses((status = 303, description = "HTML", content_type = "text/html", body = String)))]
pub(crate) async fn resend(State(state): State<AppState>, visit: Visit, PageForm(mut fields): PageForm) -> Response {
    let Some(sent) = visit.carried::<SentTo>() else {
        let typed = Typed::of(&fields, &["email"]);
        let email = address(&mut fields);
        return match visit.request.accounts().resend_verification(&email).await {
            Ok(()) => SentTo::new(&email, "registration").show(&state, &visit),
            Err(error) => {
                again(&state, &visit, error, (Gate::default(), &typed), |gate| page(&state, &visit, None, gate))
            }
        };
    };
    let (accounts, email) = (visit.request.accounts(), RawField::from(&*sent.email));
    let result = match sent.what.as_str() {
        "reset" => accounts.request_reset(&email).await,
        _ => accounts.resend_verification(&email).await,
    };
    match result {
        // If the limit is reached, the response is the same, because an earlier email may still arrive.
        Err(error) if !matches!(error.kind(), ErrorKind::Limited(_)) => ApiError::from(error).into_response(),
        _ => SentTo { is_again: true, ..sent }.show(&state, &visit),
    }
}
