use axum::{
    extract::State,
    http::{StatusCode, header::LOCATION},
    response::{IntoResponse, Response},
};
use portcullis_core::{
    Error,
    error::{ErrorKind, catalogue::FIELD_MISSING},
    service::{Challenged, Completed, Completion, FieldErrors, RawField, SecondFactor, StepUp, Stepped},
};
use serde::{Deserialize, Serialize};

use super::{
    answer::{Typed, again, show, show_with},
    step::{self, Kind},
};
use crate::{
    http::{
        extract::{Carried, PageForm, SignedIn, Visit},
        openapi::RealmPath,
        problem::{ApiError, REFUSED_FORM},
        state::AppState,
    },
    templates::pages::{Gate, Person, SigninConfirm},
};

/// Second part of a renewed authentication.
#[derive(Serialize, Deserialize)]
struct ConfirmStep {
    ticket: String,
    kinds: Vec<Kind>,
}

impl Carried for ConfirmStep {
    const NAME: &'static str = "confirm";
}

/// The page on which a signed-in user authenticates again
///
/// Asks for the password, then for a second factor where the account has one.
#[utoipa::path(get, path = "/v1/{realm}/signin/confirm", tag = "Pages", params(RealmPath), responses((status = 200, description = "HTML", content_type = "text/html", body = String)))]
pub(crate) async fn form(State(state): State<AppState>, signed_in: SignedIn) -> Response {
    let step = signed_in.visit.carried::<ConfirmStep>();
    let method = method(step.as_ref(), signed_in.visit.parameter("method"));
    show(&state, &signed_in.visit, &page(&signed_in, step.as_ref(), method, Gate::default()))
}

fn method(step: Option<&ConfirmStep>, asked: Option<&str>) -> &'static str {
    step.map_or("password", |step| step::choose(&step.kinds, asked))
}

fn page(signed_in: &SignedIn, step: Option<&ConfirmStep>, method: &'static str, gate: Gate) -> SigninConfirm {
    let visit = &signed_in.visit;
    let kinds = step.map_or(&[][..], |step| &step.kinds);
    SigninConfirm {
        gate: Gate { action: link(visit, step.map(|_| method)), query: visit.query(&[]), ..gate },
        user: person(signed_in),
        method,
        ending: step::ending(kinds),
        ways: step::ways(kinds, method, |name| link(visit, Some(name))),
    }
}

/// Returns the path of the page, or of that for one kind of code.
fn link(visit: &Visit, method: Option<&str>) -> String {
    match visit.parameter(ConfirmStep::NAME).zip(method) {
        Some((carried, method)) => visit.link("signin/confirm", &[(ConfirmStep::NAME, carried), ("method", method)]),
        None => visit.link("signin/confirm", &[]),
    }
}

/// Returns the signed-in user.
pub(super) fn person(signed_in: &SignedIn) -> Person {
    let profile = &signed_in.viewer.account().profile;
    let names = [&profile.first_name, &profile.last_name].map(|name| name.as_ref().map(|name| name.as_str()));
    Person::new(profile.email.as_str(), names)
}

/// Authenticate again
///
/// Goes on to what was asked for. The cookie gets a new value.
#[utoipa::path(post, path = "/v1/{realm}/signin/confirm", tag = "Pages", params(RealmPath), responses((status = 303, description = "HTML", content_type = "text/html", body = String)))]
pub(crate) async fn confirm(
    State(state): State<AppState>,
    signed_in: SignedIn,
    PageForm(mut fields): PageForm,
) -> Response {
    let owner = match signed_in.owner().await {
        Ok(owner) => owner,
        Err(turned) => return turned.into_response(),
    };
    let step = signed_in.visit.carried::<ConfirmStep>();
    let kind = fields.take("type");
    let method = method(step.as_ref(), kind.text());
    if let Some(step) = step.as_ref().filter(|_| fields.peek("action") == Some("send")) {
        return send(&state, &signed_in, step).await;
    }
    let sessions = signed_in.visit.request.sessions();
    let (code, password) = (fields.take_filled("code"), fields.take("password"));
    let is_empty = match &step {
        Some(_) => matches!(code, RawField::Missing),
        None => password.text().is_none_or(str::is_empty),
    };
    if is_empty {
        let mut errors = FieldErrors::default();
        errors.add(FIELD_MISSING.of(if step.is_some() { "code" } else { "password" }));
        return refuse(&state, &signed_in, (step.as_ref(), method), errors.into_error());
    }
    let (kind, none) = (RawField::from(method), RawField::Missing);
    let done = match &step {
        Some(step) => {
            let second = SecondFactor { code: &code, kind: &kind, remember: &none };
            let completion = Completion {
                ticket: &RawField::from(&*step.ticket),
                second,
                passkey: &none,
                password: &none,
                devices: &[],
            };
            sessions.complete(&completion).await.map(|done| match done {
                Completed::Challenged(challenged) => Some(challenged),
                Completed::SteppedUp(_) | Completed::LoggedIn(_) => None,
            })
        }
        None => {
            let second = SecondFactor { code: &none, kind: &none, remember: &none };
            let asked = StepUp { current_password: &password, second, acr_values: &none, max_age: &none };
            sessions.step_up(&owner, &asked).await.map(|stepped| match stepped {
                Stepped::Challenged(challenged) => Some(challenged),
                Stepped::Up(_) => None,
            })
        }
    };
    match done {
        Ok(None) => finish(&state, &signed_in).await,
        Ok(Some(challenged)) => next(&state, &signed_in, &challenged),
        Err(error) => refuse(&state, &signed_in, (step.as_ref(), method), error),
    }
}

async fn finish(state: &AppState, signed_in: &SignedIn) -> Response {
    let mut response = signed_in.visit.go_on();
    match signed_in.renew(state, &mut response).await {
        Ok(()) => response,
        Err(error) => ApiError::from(error).into_response(),
    }
}

/// Goes on to the code that is missing.
fn next(state: &AppState, signed_in: &SignedIn, challenged: &Challenged) -> Response {
    let step = ConfirmStep { ticket: challenged.ticket.expose().to_owned(), kinds: step::kinds(challenged) };
    signed_in.visit.carry(state, "signin/confirm", &step, &[])
}

fn refuse(
    state: &AppState,
    signed_in: &SignedIn,
    (step, method): (Option<&ConfirmStep>, &'static str),
    error: Error,
) -> Response {
    let wrong = match error.kind() {
        ErrorKind::Forbidden => [("password", "Your current password is incorrect")],
        kind if step::is_refusal(kind) => [("code", step::wrong(method))],
        _ => {
            let render = |gate| page(signed_in, step, method, gate);
            return again(state, &signed_in.visit, error, (Gate::default(), &Typed::default()), render);
        }
    };
    let errors = wrong.map(|(field, words)| (field, words.to_owned())).to_vec();
    let gate = Gate { errors, ..Gate::default() };
    show_with(state, &signed_in.visit, REFUSED_FORM, &page(signed_in, step, method, gate))
}

/// Sends a code by SMS, and goes to the page that takes it.
async fn send(state: &AppState, signed_in: &SignedIn, step: &ConfirmStep) -> Response {
    let visit = &signed_in.visit;
    let (ticket, kind) = (RawField::from(&*step.ticket), RawField::from("sms"));
    match visit.request.second_factors().send_code(&ticket, &kind).await {
        Ok(_) => {
            (StatusCode::SEE_OTHER, [(LOCATION, format!("{}&done=sent", link(visit, Some("sms"))))]).into_response()
        }
        Err(error) => refuse(state, signed_in, (Some(step), "sms"), error),
    }
}
