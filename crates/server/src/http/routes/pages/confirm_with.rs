//! Requests of the re-authentication page before it is submitted: passkey options, or a code by SMS.

use axum::response::{IntoResponse, Response};
use portcullis_core::service::{Owner, RawField, SecondFactor, StepUp, Stepped};

use super::{
    answer::{Typed, again},
    confirm::{Asked, ConfirmStep, page, wanted},
    passkey::{self, Ability},
    step::{self, Kind},
};
use crate::{
    http::{
        answers::RequestOptions,
        extract::{Carried, Says, SignedIn, Turned, Visit},
        problem::ApiError,
        state::AppState,
    },
    templates::pages::Gate,
};

/// Parameter of the page if only a passkey is accepted, because the change could lock out the user otherwise.
const ONLY: &str = "only";

/// Returns whether only a passkey is accepted.
pub(super) fn is_only_passkey(visit: &Visit) -> bool {
    visit.parameter(ONLY) == Some("passkey")
}

/// Returns the path of this page, optionally for one kind of code.
pub(super) fn link(visit: &Visit, method: Option<&str>) -> String {
    match visit.parameter(ConfirmStep::NAME).zip(method) {
        Some((carried, method)) => link_of(visit, &[(ConfirmStep::NAME, carried), ("method", method)]),
        None => link_of(visit, &[]),
    }
}

fn link_of(visit: &Visit, more: &[(&str, &str)]) -> String {
    let only = is_only_passkey(visit).then_some((ONLY, "passkey"));
    let all: Vec<(&str, &str)> = more.iter().copied().chain(only).collect();
    visit.link("signin/confirm", &all)
}

/// Returns passkey options to the script, for the ticket of a started step or a new one.
pub(super) async fn options(
    state: &AppState,
    signed_in: &SignedIn,
    owner: &Owner,
    step: Option<ConfirmStep>,
) -> Result<Response, Turned> {
    let (visit, none) = (&signed_in.visit, RawField::Missing);
    let sessions = visit.request.sessions();
    let step = match step {
        Some(step) => step,
        None => {
            let second = SecondFactor { code: &none, kind: &none, remember: &none };
            // Requires a new login regardless of the age of the current one.
            let now = RawField::from("0");
            let (acr_values, _) = wanted(visit.lacks().as_ref());
            let asked = StepUp { current_password: &none, second, acr_values: &acr_values, max_age: &now };
            match sessions.step_up(owner, &asked).await? {
                Stepped::Challenged(challenged) => ConfirmStep {
                    ticket: challenged.ticket.expose().to_owned(),
                    kinds: vec![Kind::passkey()],
                    ability: Ability::Passkeys,
                    is_sent: false,
                    is_alone: true,
                },
                Stepped::Up(_) => return Ok(visit.go_on()),
            }
        }
    };
    let (ticket, kind) = (RawField::from(&*step.ticket), RawField::from("passkey"));
    let request = sessions.request_factor(&ticket, &kind).await?;
    Ok(visit.carrying(state, &step, |sealed| {
        let action = link_of(visit, &[(ConfirmStep::NAME, sealed), ("method", "passkey")]);
        passkey::options(RequestOptions::from(request), Some(action))
    }))
}

/// Sends a code by SMS and redirects to the page for it.
pub(super) async fn send(state: &AppState, signed_in: &SignedIn, step: &ConfirmStep, asked: &Asked) -> Response {
    let visit = &signed_in.visit;
    let (ticket, kind) = (RawField::from(&*step.ticket), RawField::from("sms"));
    match visit.request.second_factors().send_code(&ticket, &kind).await {
        Ok(_) => {
            let step = ConfirmStep { is_sent: true, ..step.clone() };
            visit.carry(state, "signin/confirm", &step, &[("method", "sms")])
        }
        Err(error) if step::is_refusal(error.kind()) => visit.say(state, "signin/confirm", Says::Problem("timed_out")),
        Err(error) if error.kind().is_ours() => ApiError::from(error).into_response(),
        Err(error) => {
            let render = |gate: Gate| page(signed_in, asked, gate);
            again(state, visit, error, (Gate::default(), &Typed::default()), render)
        }
    }
}
