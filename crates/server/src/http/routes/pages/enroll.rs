use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use portcullis_core::{
    Error, ExposeSecret,
    error::catalogue::FIELD_MISSING,
    service::{Enrols, FieldErrors, RawField},
};
use serde::{Deserialize, Serialize};

use super::{
    account,
    answer::{Typed, again, show, show_with},
    factor::start_again,
    signin::enter,
    step,
};
use crate::{
    http::{
        extract::{Carried, DeviceCookie, PageForm, Visit},
        openapi::RealmPath,
        problem::{ApiError, REFUSED_FORM},
        qr,
        state::AppState,
    },
    templates::pages::{Gate, Person, SigninEnroll},
};

/// First factor of an account that needs one, which the page carries in its URL.
#[derive(Serialize, Deserialize)]
pub(super) struct EnrollStep {
    ticket: String,
    enrolment: String,
    email: String,
    keep: bool,
}

impl Carried for EnrollStep {
    const NAME: &'static str = "enroll";
}

/// Begins the enrolment of a first factor, and goes to the page that shows its key.
pub(super) async fn begin(state: &AppState, visit: &Visit, ticket: &str, email: &str, keep: bool) -> Response {
    let held = RawField::from(ticket);
    let enrols = Enrols::Ticket(&held, &[]);
    match visit.request.second_factors().begin_totp(enrols, &RawField::Missing).await {
        Ok(offer) => {
            let (ticket, enrolment) = (ticket.to_owned(), offer.enrolment.expose().to_owned());
            let step = EnrollStep { ticket, enrolment, email: email.to_owned(), keep };
            visit.carry(state, "signin/enroll", &step, &[])
        }
        Err(error) => ApiError::from(error).into_response(),
    }
}

/// The page that shows the key of a first factor
///
/// For an account that needs one to sign in.
#[utoipa::path(get, path = "/v1/{realm}/signin/enroll", tag = "Pages", params(RealmPath), responses((status = 200, description = "HTML", content_type = "text/html", body = String)))]
pub(crate) async fn form(State(state): State<AppState>, visit: Visit) -> Response {
    let Some(step) = visit.carried::<EnrollStep>() else { return start_again(&visit, "timed_out") };
    match page(&visit, &step, Gate::default()).await {
        Ok(page) => show(&state, &visit, &page),
        Err(error) if step::is_refusal(error.kind()) => start_again(&visit, "timed_out"),
        Err(error) => ApiError::from(error).into_response(),
    }
}

async fn page(visit: &Visit, step: &EnrollStep, gate: Gate) -> Result<SigninEnroll, Error> {
    let ticket = RawField::from(&*step.ticket);
    let offer = visit.request.second_factors().show_totp(Enrols::Ticket(&ticket, &[]), &step.enrolment).await?;
    let carried = visit.parameter(EnrollStep::NAME).unwrap_or_default();
    let action = visit.link("signin/enroll", &[(EnrollStep::NAME, carried)]);
    Ok(SigninEnroll {
        gate: Gate { action, query: visit.query(&[]), ..gate },
        user: Person::new(&step.email, [None, None]),
        qr: qr::svg(offer.uri.expose_secret())?,
        secret: account::in_fours(&offer),
    })
}

/// Add the first factor, and complete the sign-in
///
/// Then the recovery codes are shown.
#[utoipa::path(post, path = "/v1/{realm}/signin/enroll", tag = "Pages", params(RealmPath), responses((status = 303, description = "HTML", content_type = "text/html", body = String)))]
pub(crate) async fn confirm(
    State(state): State<AppState>,
    visit: Visit,
    cookie: DeviceCookie,
    PageForm(mut fields): PageForm,
) -> Response {
    let Some(step) = visit.carried::<EnrollStep>() else { return start_again(&visit, "timed_out") };
    let (ticket, enrolment) = (RawField::from(&*step.ticket), RawField::from(&*step.enrolment));
    let (code, devices) = (fields.take_filled("code"), [cookie.value()]);
    let error = if matches!(code, RawField::Missing) {
        let mut errors = FieldErrors::default();
        errors.add(FIELD_MISSING.of("code"));
        errors.into_error()
    } else {
        let enrols = Enrols::Ticket(&ticket, &devices);
        match visit.request.browser_factors(step.keep).confirm_totp(enrols, &enrolment, &code).await {
            Ok(confirmed) => {
                let Some(done) = confirmed.logged_in else { return start_again(&visit, "timed_out") };
                let session = done.tokens.browser.as_ref().map(|token| token.session());
                let next = match confirmed.recovery_codes.zip(session) {
                    Some((codes, session)) => account::show_codes(&state, &visit, session, codes.expose()),
                    None => visit.go_on(),
                };
                return enter(&state, &visit, &cookie, done, (step.keep, next)).await;
            }
            Err(error) => error,
        }
    };
    let bare = match page(&visit, &step, Gate::default()).await {
        Ok(bare) => bare,
        Err(error) if step::is_refusal(error.kind()) => return start_again(&visit, "too_many_codes"),
        Err(error) => return ApiError::from(error).into_response(),
    };
    let (action, query) = (bare.gate.action.clone(), bare.gate.query.clone());
    let render = |gate: Gate| SigninEnroll { gate: Gate { action, query, ..gate }, ..bare };
    if step::is_refusal(error.kind()) {
        let gate = Gate { errors: vec![("code", step::wrong("totp").to_owned())], ..Gate::default() };
        return show_with(&state, &visit, REFUSED_FORM, &render(gate));
    }
    again(&state, &visit, error, (Gate::default(), &Typed::default()), render)
}
