use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use portcullis_core::{
    Error, ExposeSecret,
    error::{
        ErrorKind,
        catalogue::{ACCOUNT_LOCKED, FIELD_MISSING},
    },
    factor::{Method, NewRecoveryCodes},
    service::{Enrols, FieldErrors, LoggedIn, RawField},
};
use serde::{Deserialize, Serialize};

use super::{
    account,
    answer::{Typed, again, show, show_with},
    enter::{Way, enter},
    factor::start_again,
    passkey, step,
};
use crate::{
    http::{
        answers::CreationOptions,
        extract::{Carried, DeviceCookie, Fields, PageForm, Visit},
        openapi::RealmPath,
        problem::{ApiError, REFUSED_FORM},
        qr,
        state::AppState,
    },
    templates::pages::{EnrollApp, Gate, Person, SigninEnroll},
};

/// State of a required first factor, passed to the page in its URL.
#[derive(Serialize, Deserialize)]
pub(super) struct EnrollStep {
    ticket: String,
    /// TOTP enrolment, if the realm allows authenticator apps.
    enrolment: Option<String>,
    /// Whether the first factor can be a passkey.
    has_passkeys: bool,
    email: String,
    keep: bool,
}

impl Carried for EnrollStep {
    const NAME: &'static str = "enroll";
}

/// Starts the enrolment of a first factor and redirects to its page.
pub(super) async fn begin(
    state: &AppState,
    visit: &Visit,
    (ticket, methods): (&str, &[Method]),
    email: &str,
    keep: bool,
) -> Response {
    let held = RawField::from(ticket);
    let factors = visit.request.second_factors();
    let enrolment = if methods.contains(&Method::Totp) {
        match factors.begin_totp(Enrols::Ticket(&held, &[]), &RawField::Missing).await {
            Ok(offer) => Some(offer.enrolment.expose().to_owned()),
            Err(error) => return ApiError::from(error).into_response(),
        }
    } else {
        None
    };
    let has_passkeys = methods.contains(&Method::Passkey) && factors.has_passkeys();
    let (ticket, email) = (ticket.to_owned(), email.to_owned());
    visit.carry(state, "signin/enroll", &EnrollStep { ticket, enrolment, has_passkeys, email, keep }, &[])
}

/// Show the page for a first factor
///
/// For accounts that need a factor to sign in. Shows the secret of an authenticator app and offers a passkey.
#[utoipa::path(get, path = "/v1/{realm}/signin/enroll", tag = "Pages", params(RealmPath), responses((status = 200, description = "HTML", content_type = "text/html", body = String)))]
pub(crate) async fn form(State(state): State<AppState>, visit: Visit) -> Response {
    let Some(step) = visit.carried::<EnrollStep>() else { return start_again(&state, &visit, "timed_out") };
    match page(&visit, &step, Gate::default()).await {
        Ok(page) => show(&state, &visit, &page),
        Err(error) if step::is_refusal(error.kind()) => start_again(&state, &visit, "timed_out"),
        Err(error) => ApiError::from(error).into_response(),
    }
}

async fn page(visit: &Visit, step: &EnrollStep, gate: Gate) -> Result<SigninEnroll, Error> {
    let app = match &step.enrolment {
        Some(enrolment) => {
            let ticket = RawField::from(&*step.ticket);
            let offer = visit.request.second_factors().show_totp(Enrols::Ticket(&ticket, &[]), enrolment).await?;
            Some(EnrollApp { qr: qr::svg(offer.uri.expose_secret())?, secret: qr::in_fours(&offer.secret.base32()) })
        }
        None => None,
    };
    let carried = visit.parameter(EnrollStep::NAME).unwrap_or_default();
    let action = visit.link("signin/enroll", &[(EnrollStep::NAME, carried)]);
    Ok(SigninEnroll {
        gate: Gate { action, query: visit.query(&[]), ..gate },
        user: Person::new(&step.email, [None, None]),
        app,
        passkey: step.has_passkeys,
    })
}

/// Add the first factor and complete the sign-in
///
/// Redirects to the recovery codes.
#[utoipa::path(post, path = "/v1/{realm}/signin/enroll", tag = "Pages", params(RealmPath), responses((status = 303, description = "HTML", content_type = "text/html", body = String)))]
pub(crate) async fn confirm(
    State(state): State<AppState>,
    visit: Visit,
    cookie: DeviceCookie,
    PageForm(mut fields): PageForm,
) -> Response {
    let Some(step) = visit.carried::<EnrollStep>() else { return start_again(&state, &visit, "timed_out") };
    if passkey::wants_options(&fields) {
        return options(&state, &visit, &step).await;
    }
    let is_passkey = passkey::is_given(&fields);
    let error = match added(&visit, &step, &[cookie.value()], &mut fields).await {
        Ok((Some(done), codes)) => {
            let session = done.tokens.browser.as_ref().map(|token| token.session());
            let next = match codes.zip(session) {
                Some((codes, session)) => account::show_codes(&state, &visit, session, codes.expose()),
                None => visit.go_on(),
            };
            let name = if is_passkey { "passkey" } else { "password" };
            return enter(&state, &visit, &cookie, done, (Way { name, keep: step.keep }, next)).await;
        }
        Ok((None, _)) => return start_again(&state, &visit, "timed_out"),
        Err(error) => error,
    };
    if error.code() == ACCOUNT_LOCKED.code {
        return start_again(&state, &visit, "locked");
    }
    let bare = match page(&visit, &step, Gate::default()).await {
        Ok(bare) => bare,
        Err(error) if step::is_refusal(error.kind()) => return start_again(&state, &visit, "too_many_codes"),
        Err(error) => return ApiError::from(error).into_response(),
    };
    let (action, query) = (bare.gate.action.clone(), bare.gate.query.clone());
    let render = |gate: Gate| SigninEnroll { gate: Gate { action, query, ..gate }, ..bare };
    if is_passkey && (step::is_refusal(error.kind()) || error.kind() == ErrorKind::Invalid) {
        return show_with(&state, &visit, REFUSED_FORM, &render(Gate { problem: "passkey", ..Gate::default() }));
    }
    if step::is_refusal(error.kind()) {
        let gate = Gate { errors: vec![("code", step::wrong("totp").to_owned())], ..Gate::default() };
        return show_with(&state, &visit, REFUSED_FORM, &render(gate));
    }
    again(&state, &visit, error, (Gate::default(), &Typed::default()), render)
}

/// Adds the passkey, or the authenticator app whose code was submitted.
async fn added(
    visit: &Visit,
    step: &EnrollStep,
    devices: &[RawField],
    fields: &mut Fields,
) -> Result<(Option<LoggedIn>, Option<NewRecoveryCodes>), Error> {
    let missing = |field| {
        let mut errors = FieldErrors::default();
        errors.add(FIELD_MISSING.of(field));
        errors.into_error()
    };
    let ticket = RawField::from(&*step.ticket);
    let (enrols, factors) = (Enrols::Ticket(&ticket, devices), visit.request.browser_factors(step.keep));
    if passkey::is_given(fields) {
        let credential = passkey::credential(fields).map_err(|_| missing("credential"))?;
        let added = factors.add_passkey(enrols, &credential, &RawField::Missing).await?;
        return Ok((added.logged_in, added.recovery_codes));
    }
    let code = fields.take_filled("code");
    if matches!(code, RawField::Missing) {
        return Err(missing("code"));
    }
    let enrolment = RawField::from(step.enrolment.as_deref().unwrap_or_default());
    let confirmed = factors.confirm_totp(enrols, &enrolment, &code).await?;
    Ok((confirmed.logged_in, confirmed.recovery_codes))
}

/// Returns passkey options to the script.
async fn options(state: &AppState, visit: &Visit, step: &EnrollStep) -> Response {
    let ticket = RawField::from(&*step.ticket);
    let enrols = Enrols::Ticket(&ticket, &[]);
    match visit.request.second_factors().begin_passkey(enrols, &RawField::Missing).await {
        Ok(offer) => passkey::options(CreationOptions::from(offer), None),
        Err(error) if step::is_refusal(error.kind()) => start_again(state, visit, "timed_out"),
        Err(error) => ApiError::from(error).into_response(),
    }
}
