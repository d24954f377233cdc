use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use portcullis_core::{
    Error,
    error::catalogue::{ACCOUNT_LOCKED, FIELD_MISSING},
    service::{Completed, Completion, FieldErrors, RawField, SecondFactor},
};
use serde::{Deserialize, Serialize};

use super::{
    answer::{Typed, again, show, show_with},
    enter::{Way, enter},
    offer,
    passkey::{self, Ability},
    step::{self, Kind},
};
use crate::{
    http::{
        answers::RequestOptions,
        extract::{Carried, Continue, DeviceCookie, PageForm, Says, Visit},
        openapi::RealmPath,
        problem::{ApiError, REFUSED_FORM},
        redirect::go,
        state::AppState,
    },
    templates::{
        in_words,
        pages::{Gate, Person, SigninFactor},
    },
};

/// State of the second step of a sign-in, passed to the page in its URL.
#[derive(Serialize, Deserialize)]
pub(super) struct FactorStep {
    pub(super) ticket: String,
    /// Address as submitted.
    pub(super) email: String,
    pub(super) kinds: Vec<Kind>,
    /// Whether the user stays signed in.
    pub(super) keep: bool,
    pub(super) ability: Ability,
    /// Whether a code was sent by SMS.
    pub(super) is_sent: bool,
}

impl Carried for FactorStep {
    const NAME: &'static str = "step";
}

/// Show the page for a second factor
///
/// Shows the strongest factor and links to the others.
#[utoipa::path(get, path = "/v1/{realm}/signin/factor", tag = "Pages", params(RealmPath), responses((status = 200, description = "HTML", content_type = "text/html", body = String)))]
pub(crate) async fn form(State(state): State<AppState>, visit: Visit) -> Response {
    let Some(step) = visit.carried::<FactorStep>() else { return start_again(&state, &visit, "timed_out") };
    let method = step::choose(&step.kinds, visit.parameter("method"), step.ability);
    show(&state, &visit, &page(&visit, &step, method, Gate::default()))
}

fn page(visit: &Visit, step: &FactorStep, method: &'static str, gate: Gate) -> SigninFactor {
    let remember = visit.request.realm.policy.mfa_remember;
    SigninFactor {
        gate: Gate { query: visit.query(&[]), action: link(visit, method), ..gate },
        user: Person::new(&step.email, [None, None]),
        method,
        ending: step::ending(&step.kinds),
        is_sent: step.is_sent,
        ways: step::ways(&step.kinds, method, |name| link(visit, name)),
        remember: if remember.is_zero() { String::new() } else { in_words(remember) },
    }
}

/// Returns the path of this page for one kind of code.
fn link(visit: &Visit, method: &str) -> String {
    let carried = visit.parameter(FactorStep::NAME).unwrap_or_default();
    visit.link("signin/factor", &[(FactorStep::NAME, carried), ("method", method)])
}

/// Redirects to the sign-in page with a message.
pub(super) fn start_again(state: &AppState, visit: &Visit, problem: &'static str) -> Response {
    visit.say(state, "signin", Says::Problem(problem))
}

/// Complete the sign-in
///
/// Accepts the code of a second factor, a passkey or a security key.
#[utoipa::path(post, path = "/v1/{realm}/signin/factor", tag = "Pages", params(RealmPath), responses((status = 303, description = "HTML", content_type = "text/html", body = String)))]
pub(crate) async fn complete(
    State(state): State<AppState>,
    visit: Visit,
    cookie: DeviceCookie,
    PageForm(mut fields): PageForm,
) -> Response {
    let Some(step) = visit.carried::<FactorStep>() else { return start_again(&state, &visit, "timed_out") };
    if passkey::wants_options(&fields) {
        return options(&state, &visit, &step).await;
    }
    let method = step::choose(&step.kinds, fields.peek("type"), step.ability);
    if fields.peek("action") == Some("send") {
        return send(&state, &visit, &step).await;
    }
    let (none, ticket, kind) = (RawField::Missing, RawField::from(&*step.ticket), RawField::from(method));
    let (mut code, mut credential) = (RawField::Missing, RawField::Missing);
    if method == "passkey" {
        match passkey::credential(&mut fields) {
            Ok(given) => credential = given,
            Err(_) => return refuse(&state, &visit, &step, method),
        }
    } else {
        code = fields.take_filled("code");
        if matches!(code, RawField::Missing) {
            let mut errors = FieldErrors::default();
            errors.add(FIELD_MISSING.of("code"));
            return wrong(&state, &visit, &step, method, errors.into_error());
        }
    }
    let (remember, devices) = (fields.take("remember"), [cookie.value()]);
    let second = SecondFactor { code: &code, kind: &kind, remember: &remember };
    let completion = Completion { ticket: &ticket, second, passkey: &credential, password: &none, devices: &devices };
    let sessions = visit.request.browser_sessions(step.keep);
    let error = match sessions.complete(&completion).await {
        Ok(Completed::LoggedIn(done)) => {
            let next = next(&state, &visit, method, step.ability);
            return enter(&state, &visit, &cookie, done, (Way { name: "password", keep: step.keep }, next)).await;
        }
        Ok(_) => return start_again(&state, &visit, "timed_out"),
        Err(error) => error,
    };
    if error.code() == ACCOUNT_LOCKED.code {
        return start_again(&state, &visit, "locked");
    }
    if !step::is_refusal(error.kind()) {
        return wrong(&state, &visit, &step, method, error);
    }
    match sessions.is_open(&step.ticket).await {
        Ok(true) => refuse(&state, &visit, &step, method),
        Ok(false) => start_again(&state, &visit, "too_many_codes"),
        Err(error) => ApiError::from(error).into_response(),
    }
}

/// Returns the options of a passkey or security key to the script.
async fn options(state: &AppState, visit: &Visit, step: &FactorStep) -> Response {
    let (ticket, kind) = (RawField::from(&*step.ticket), RawField::from("passkey"));
    match visit.request.sessions().request_factor(&ticket, &kind).await {
        Ok(request) => passkey::options(RequestOptions::from(request), Some(link(visit, "passkey"))),
        Err(error) if step::is_refusal(error.kind()) => start_again(state, visit, "timed_out"),
        Err(error) => ApiError::from(error).into_response(),
    }
}

/// Shows the page again after a failed attempt.
fn refuse(state: &AppState, visit: &Visit, step: &FactorStep, method: &'static str) -> Response {
    let gate = Gate { errors: vec![("code", step::wrong(method).to_owned())], ..Gate::default() };
    show_with(state, visit, REFUSED_FORM, &page(visit, step, method, gate))
}

/// Shows the page again with the missing fields or the time to wait.
fn wrong(state: &AppState, visit: &Visit, step: &FactorStep, method: &'static str, error: Error) -> Response {
    again(state, visit, error, (Gate::default(), &Typed::default()), |mut gate| {
        if !gate.wait.is_empty() {
            gate.errors = vec![("code", format!("Too many failed attempts. Try again in {}.", gate.wait))];
        }
        page(visit, step, method, gate)
    })
}

/// Redirects after the sign-in. After a recovery code was used, the account page shows how many are left, unless the
/// sign-in has another target. The email always contains the number.
fn next(state: &AppState, visit: &Visit, method: &str, ability: Ability) -> Response {
    let ends_at_home = match visit.next() {
        None => true,
        Some(Continue::Page(page)) => page == "account",
        Some(Continue::Authorize(_) | Continue::Before(..) | Continue::EndSession(_)) => false,
    };
    match method {
        "passkey" => visit.go_on(),
        "recovery_code" if ends_at_home => visit.saying(state, Says::Done("recovery_used"), |said| {
            let home = format!("account?{said}");
            if offer::is_due(visit, ability) {
                go(visit.detour("signin/passkey", &Continue::Page(home)))
            } else {
                go(visit.path(&home))
            }
        }),
        _ => offer::or_go_on(visit, ability),
    }
}

/// Sends a code by SMS and redirects to the page for it. If a limit is reached, the response is the same, because an
/// earlier code may still be valid.
async fn send(state: &AppState, visit: &Visit, step: &FactorStep) -> Response {
    let (ticket, kind) = (RawField::from(&*step.ticket), RawField::from("sms"));
    match visit.request.second_factors().send_code(&ticket, &kind).await {
        Err(error) if step::is_refusal(error.kind()) => start_again(state, visit, "timed_out"),
        Err(error) if error.kind().is_ours() => ApiError::from(error).into_response(),
        Err(error) => {
            let render = |mut gate: Gate| {
                if !gate.wait.is_empty() {
                    gate.errors = vec![("code", format!("Too many messages. Try again in {}.", gate.wait))];
                }
                page(visit, step, "sms", gate)
            };
            again(state, visit, error, (Gate::default(), &Typed::default()), render)
        }
        Ok(_) => visit.carry(state, "signin/factor", &step.after_sending(), &[("method", "sms")]),
    }
}

impl FactorStep {
    /// Returns the step with the code marked as sent.
    fn after_sending(&self) -> Self {
        Self {
            ticket: self.ticket.clone(),
            email: self.email.clone(),
            kinds: self.kinds.clone(),
            is_sent: true,
            ..*self
        }
    }
}
