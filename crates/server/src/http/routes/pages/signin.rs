use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use portcullis_core::{
    Error,
    account::email::EmailAddress,
    error::catalogue::{EMAIL_INVALID, FIELD_MISSING},
    service::{Challenged, Credentials, FactorChallenge, FieldErrors, LoggedIn, LoginOutcome, RawField, SecondFactor},
};

use super::{
    answer::{Typed, again, show, show_with},
    enroll,
    factor::FactorStep,
    step,
};
use crate::{
    http::{
        extract::{DeviceCookie, PageForm, Visit},
        logins::counted,
        openapi::RealmPath,
        problem::{ApiError, REFUSED_FORM, WRONG_SIGN_IN},
        state::AppState,
    },
    templates::pages::{Gate, Signin},
};

/// Words that another page may leave for this one.
const PROBLEMS: [&str; 3] = ["timed_out", "too_many_codes", "expired"];
const DONE: [&str; 2] = ["deleted", "secured"];

/// The sign-in page
///
/// Goes on at once if the browser is signed in.
#[utoipa::path(get, path = "/v1/{realm}/signin", tag = "Pages", params(RealmPath), responses((status = 200, description = "HTML", content_type = "text/html", body = String)))]
pub(crate) async fn form(State(state): State<AppState>, visit: Visit) -> Response {
    if visit.viewer.is_some() {
        return visit.go_on();
    }
    let known = |words: &[&'static str], name| words.iter().copied().find(|word| visit.parameter(name) == Some(*word));
    let outdated = if visit.is_outdated() { "expired" } else { "" };
    let gate = Gate {
        query: visit.query(&[]),
        problem: known(&PROBLEMS, "problem").unwrap_or(outdated),
        done: known(&DONE, "done").unwrap_or_default(),
        ..Gate::default()
    };
    show(&state, &visit, &page(&visit, gate))
}

fn page(visit: &Visit, gate: Gate) -> Signin {
    let policy = &visit.request.realm.policy;
    Signin {
        gate,
        remember: !policy.browser_remember.is_zero(),
        signup: policy.signup == portcullis_core::realm::Signup::Open,
        ways: Vec::new(),
        last: visit.last.clone().unwrap_or_default(),
    }
}

/// Sign in
///
/// With the address and the password.
#[utoipa::path(post, path = "/v1/{realm}/signin", tag = "Pages", params(RealmPath), responses((status = 303, description = "HTML", content_type = "text/html", body = String)))]
pub(crate) async fn sign_in(
    State(state): State<AppState>,
    visit: Visit,
    cookie: DeviceCookie,
    PageForm(mut fields): PageForm,
) -> Response {
    let mut typed = Typed::of(&fields, &["email"]);
    let keep = fields.take("remember").text() == Some("true");
    if keep {
        typed.0.insert("remember", "true".to_owned());
    }
    let (email, password) = (fields.take_address("email"), fields.take("password"));
    let gate = |problem| Gate { query: visit.query(&[]), problem, ..Gate::default() };
    let refuse = |status, problem| {
        let gate = Gate { form: typed.0.clone(), ..gate(problem) };
        show_with(&state, &visit, status, &page(&visit, gate))
    };
    if let Err(error) = check(&email, &password) {
        return again(&state, &visit, error, (gate(""), &typed), |gate| page(&visit, gate));
    }
    let none = RawField::Missing;
    let second = SecondFactor { code: &none, kind: &none, remember: &none };
    let devices = [cookie.value()];
    let credentials = Credentials { username: &email, password: &password, devices: &devices, second };
    match counted(visit.request.browser_sessions(keep).login(&credentials).await) {
        Ok(LoginOutcome::LoggedIn(done)) => enter(&state, &visit, &cookie, done, (keep, visit.go_on())).await,
        Ok(LoginOutcome::Challenged(challenged)) => ask(&state, &visit, challenged, &email, keep).await,
        Ok(LoginOutcome::Wrong) => refuse(WRONG_SIGN_IN, "wrong"),
        Ok(LoginOutcome::Unverified) => refuse(REFUSED_FORM, "unverified"),
        Ok(LoginOutcome::Compromised) => refuse(REFUSED_FORM, "compromised"),
        Err(error) => again(&state, &visit, error, (gate(""), &typed), |gate| page(&visit, gate)),
    }
}

/// Names what is missing or can be no address.
fn check(email: &RawField, password: &RawField) -> Result<(), Error> {
    let mut errors = FieldErrors::default();
    match email.text().map(str::trim) {
        None | Some("") => errors.add(FIELD_MISSING.of("email")),
        Some(text) if EmailAddress::parse(text).is_err() => errors.add(EMAIL_INVALID.of("email")),
        Some(_) => {}
    }
    if password.text().is_none_or(str::is_empty) {
        errors.add(FIELD_MISSING.of("password"));
    }
    errors.finish(Some(()))
}

/// Sets the cookies of a session that was opened, in place of an earlier one of this browser.
pub(super) async fn enter(
    state: &AppState,
    visit: &Visit,
    cookie: &DeviceCookie,
    done: LoggedIn,
    (keep, next): (bool, Response),
) -> Response {
    if let Err(error) = visit.end_session().await {
        return ApiError::from(error).into_response();
    }
    let Some(token) = done.tokens.browser else {
        return ApiError::from(Error::internal("a page opened a session for an application")).into_response();
    };
    let mut response = cookie.set(next, state, &done.device);
    visit.set_session(state, &mut response, &token, (keep, "password"));
    response
}

/// Goes to the page that asks for the second factor.
async fn ask(state: &AppState, visit: &Visit, challenged: Challenged, email: &RawField, keep: bool) -> Response {
    let email = email.text().unwrap_or_default().trim();
    if challenged.challenges.iter().any(|challenge| matches!(challenge, FactorChallenge::Enroll(_))) {
        return enroll::begin(state, visit, challenged.ticket.expose(), email, keep).await;
    }
    let step = FactorStep {
        ticket: challenged.ticket.expose().to_owned(),
        email: email.to_owned(),
        kinds: step::kinds(&challenged),
        keep,
    };
    visit.carry(state, "signin/factor", &step, &[])
}
