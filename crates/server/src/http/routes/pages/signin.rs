use axum::{extract::State, response::Response};
use portcullis_core::{
    Error,
    account::email::EmailAddress,
    error::catalogue::{ACCOUNT_LOCKED, EMAIL_INVALID, FIELD_MISSING},
    service::{Challenged, Credentials, FactorChallenge, FieldErrors, LoginOutcome, RawField, SecondFactor},
};

use super::{
    answer::{Typed, again, show, show_with},
    code, enroll,
    enter::{Way, enter},
    factor::FactorStep,
    offer,
    passkey::{self, Ability},
    signin_passkey, social, step,
};
use crate::{
    http::{
        extract::{DeviceCookie, PageForm, Visit},
        logins::counted,
        openapi::RealmPath,
        problem::{REFUSED_FORM, WRONG_SIGN_IN},
        state::AppState,
    },
    templates::pages::{Gate, Signin},
};

/// Message codes that other pages can set for this page.
const PROBLEMS: [&str; 5] = ["timed_out", "too_many_codes", "locked", "compromised", "provider"];
const DONE: [&str; 2] = ["deleted", "secured"];

/// Show the sign-in page
///
/// Redirects if the browser is already signed in.
#[utoipa::path(get, path = "/v1/{realm}/signin", tag = "Pages", params(RealmPath), responses((status = 200, description = "HTML", content_type = "text/html", body = String)))]
pub(crate) async fn form(State(state): State<AppState>, visit: Visit) -> Response {
    if visit.viewer.is_some() && !visit.selects_account() {
        return visit.go_on();
    }
    let problem = match visit.problem(&PROBLEMS) {
        "" if visit.is_outdated() => "expired",
        said => said,
    };
    let form = visit.login_hint().map(|hint| ("email", hint)).into_iter().collect();
    let gate = Gate { query: visit.query(&[]), problem, done: visit.done(&DONE), form, ..Gate::default() };
    show(&state, &visit, &page(&visit, gate))
}

pub(super) fn page(visit: &Visit, gate: Gate) -> Signin {
    let policy = &visit.request.realm.policy;
    Signin {
        gate,
        remember: !policy.browser_remember.is_zero(),
        signup: policy.is_signup_open(),
        passkeys: visit.request.second_factors().has_passkeys(),
        code: code::path(visit),
        ways: social::ways(visit),
        provider: social::named(visit),
        last: visit.last.clone().unwrap_or_default(),
        signal: String::new(),
    }
}

/// Sign in
///
/// With email address and password, or with a passkey.
#[utoipa::path(post, path = "/v1/{realm}/signin", tag = "Pages", params(RealmPath), responses((status = 303, description = "HTML", content_type = "text/html", body = String)))]
pub(crate) async fn sign_in(
    State(state): State<AppState>,
    visit: Visit,
    cookie: DeviceCookie,
    PageForm(mut fields): PageForm,
) -> Response {
    if passkey::is_given(&fields) {
        return signin_passkey::sign_in(&state, &visit, &cookie, &mut fields).await;
    }
    let mut typed = Typed::of(&fields, &["email"]);
    let (keep, ability) = (fields.take("remember").text() == Some("true"), Ability::of(&fields));
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
        Ok(LoginOutcome::LoggedIn(done)) => {
            let way = Way { name: "password", keep };
            enter(&state, &visit, &cookie, done, (way, offer::or_go_on(&visit, ability))).await
        }
        Ok(LoginOutcome::Challenged(challenged)) => ask(&state, &visit, challenged, &email, (keep, ability)).await,
        Ok(LoginOutcome::Wrong) => refuse(WRONG_SIGN_IN, "wrong"),
        Ok(LoginOutcome::Unverified) => refuse(REFUSED_FORM, "unverified"),
        Ok(LoginOutcome::Compromised) => refuse(REFUSED_FORM, "compromised"),
        Err(error) if error.code() == ACCOUNT_LOCKED.code => refuse(REFUSED_FORM, "locked"),
        Err(error) => again(&state, &visit, error, (gate(""), &typed), |gate| page(&visit, gate)),
    }
}

/// Reports missing fields and malformed addresses.
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

/// Redirects to the page for the second factor.
pub(super) async fn ask(
    state: &AppState,
    visit: &Visit,
    challenged: Challenged,
    email: &RawField,
    (keep, ability): (bool, Ability),
) -> Response {
    let email = email.text().unwrap_or_default().trim();
    if let [FactorChallenge::Enroll(methods)] = challenged.challenges.as_slice() {
        return enroll::begin(state, visit, (challenged.ticket.expose(), methods), email, keep).await;
    }
    let step = FactorStep {
        ticket: challenged.ticket.expose().to_owned(),
        email: email.to_owned(),
        kinds: step::kinds(&challenged),
        keep,
        ability,
        is_sent: false,
    };
    visit.carry(state, "signin/factor", &step, &[])
}
