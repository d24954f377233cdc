use axum::{
    extract::State,
    http::{StatusCode, header::LOCATION},
    response::{IntoResponse, Response},
};
use portcullis_core::{
    error::catalogue::FIELD_MISSING,
    service::{Completed, Completion, FieldErrors, RawField, SecondFactor},
};
use serde::{Deserialize, Serialize};

use super::{
    answer::{Typed, again, show, show_with},
    signin::enter,
    step::{self, Kind},
};
use crate::{
    http::{
        extract::{Carried, DeviceCookie, PageForm, Visit},
        openapi::RealmPath,
        problem::{ApiError, REFUSED_FORM},
        state::AppState,
    },
    templates::{
        in_words,
        pages::{Gate, Person, SigninFactor},
    },
};

/// Second part of a sign-in, which the page carries in its URL.
#[derive(Serialize, Deserialize)]
pub(super) struct FactorStep {
    pub(super) ticket: String,
    /// As it was typed.
    pub(super) email: String,
    pub(super) kinds: Vec<Kind>,
    /// Whether the user stays signed in.
    pub(super) keep: bool,
}

impl Carried for FactorStep {
    const NAME: &'static str = "step";
}

/// The page that asks for a second factor
///
/// Shows the strongest first, and links to the others.
#[utoipa::path(get, path = "/v1/{realm}/signin/factor", tag = "Pages", params(RealmPath), responses((status = 200, description = "HTML", content_type = "text/html", body = String)))]
pub(crate) async fn form(State(state): State<AppState>, visit: Visit) -> Response {
    let Some(step) = visit.carried::<FactorStep>() else { return start_again(&visit, "timed_out") };
    let method = step::choose(&step.kinds, visit.parameter("method"));
    let done = if visit.parameter("done") == Some("sent") { "sent" } else { "" };
    show(&state, &visit, &page(&visit, &step, method, Gate { done, ..Gate::default() }))
}

fn page(visit: &Visit, step: &FactorStep, method: &'static str, gate: Gate) -> SigninFactor {
    let remember = visit.request.realm.policy.mfa_remember;
    SigninFactor {
        gate: Gate { query: visit.query(&[]), action: link(visit, method), ..gate },
        user: Person::new(&step.email, [None, None]),
        method,
        ending: step::ending(&step.kinds),
        ways: step::ways(&step.kinds, method, |name| link(visit, name)),
        remember: if remember.is_zero() { String::new() } else { in_words(remember) },
    }
}

/// Returns the path of the page for one kind of code.
fn link(visit: &Visit, method: &str) -> String {
    let carried = visit.parameter(FactorStep::NAME).unwrap_or_default();
    visit.link("signin/factor", &[(FactorStep::NAME, carried), ("method", method)])
}

/// Goes back to the sign-in page, with a word for the reason.
pub(super) fn start_again(visit: &Visit, problem: &str) -> Response {
    (StatusCode::SEE_OTHER, [(LOCATION, visit.link("signin", &[("problem", problem)]))]).into_response()
}

/// Complete the sign-in
///
/// With the code of a second factor.
#[utoipa::path(post, path = "/v1/{realm}/signin/factor", tag = "Pages", params(RealmPath), responses((status = 303, description = "HTML", content_type = "text/html", body = String)))]
pub(crate) async fn complete(
    State(state): State<AppState>,
    visit: Visit,
    cookie: DeviceCookie,
    PageForm(mut fields): PageForm,
) -> Response {
    let Some(step) = visit.carried::<FactorStep>() else { return start_again(&visit, "timed_out") };
    let kind = fields.take("type");
    let method = step::choose(&step.kinds, kind.text());
    if fields.peek("action") == Some("send") {
        return send(&state, &visit, &step).await;
    }
    let refuse = |words: &str| {
        let gate = Gate { errors: vec![("code", words.to_owned())], ..Gate::default() };
        show_with(&state, &visit, REFUSED_FORM, &page(&visit, &step, method, gate))
    };
    let code = fields.take_filled("code");
    if matches!(code, RawField::Missing) {
        let mut errors = FieldErrors::default();
        errors.add(FIELD_MISSING.of("code"));
        let render = |gate| page(&visit, &step, method, gate);
        return again(&state, &visit, errors.into_error(), (Gate::default(), &Typed::default()), render);
    }
    let (ticket, kind, remember) = (RawField::from(&*step.ticket), RawField::from(method), fields.take("remember"));
    let second = SecondFactor { code: &code, kind: &kind, remember: &remember };
    let devices = [cookie.value()];
    let none = RawField::Missing;
    let completion = Completion { ticket: &ticket, second, passkey: &none, password: &none, devices: &devices };
    let sessions = visit.request.browser_sessions(step.keep);
    let error = match sessions.complete(&completion).await {
        Ok(Completed::LoggedIn(done)) => {
            let next = if method == "recovery_code" { told_what_is_left(&visit) } else { visit.go_on() };
            return enter(&state, &visit, &cookie, done, (step.keep, next)).await;
        }
        Ok(_) => return start_again(&visit, "timed_out"),
        Err(error) => error,
    };
    match error.kind() {
        kind if step::is_refusal(kind) => match sessions.is_open(&step.ticket).await {
            Ok(true) => refuse(step::wrong(method)),
            Ok(false) => start_again(&visit, "too_many_codes"),
            Err(error) => ApiError::from(error).into_response(),
        },
        _ => again(&state, &visit, error, (Gate::default(), &Typed::default()), |gate| {
            let errors = vec![("code", format!("Too many failed attempts. Try again in {}.", gate.wait))];
            page(&visit, &step, method, Gate { errors, ..gate })
        }),
    }
}

/// After a recovery code, the account says how many are left.
fn told_what_is_left(visit: &Visit) -> Response {
    let account = format!("{}?done=recovery_used", visit.path("account"));
    (StatusCode::SEE_OTHER, [(LOCATION, account)]).into_response()
}

/// Sends a code by SMS, and goes to the page that takes it. Beyond a limit the page is the same: a code that was sent before is valid.
async fn send(state: &AppState, visit: &Visit, step: &FactorStep) -> Response {
    let (ticket, kind) = (RawField::from(&*step.ticket), RawField::from("sms"));
    match visit.request.second_factors().send_code(&ticket, &kind).await {
        Err(error) if step::is_refusal(error.kind()) => start_again(visit, "timed_out"),
        Err(error) if error.kind().is_ours() => ApiError::from(error).into_response(),
        Err(error) => {
            let render = |gate: Gate| {
                let errors = vec![("code", format!("Too many messages. Try again in {}.", gate.wait))];
                page(visit, step, "sms", Gate { errors, ..gate })
            };
            again(state, visit, error, (Gate::default(), &Typed::default()), render)
        }
        Ok(_) => (StatusCode::SEE_OTHER, [(LOCATION, format!("{}&done=sent", link(visit, "sms")))]).into_response(),
    }
}
