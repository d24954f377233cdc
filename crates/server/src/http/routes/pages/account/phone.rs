use axum::{extract::State, response::Response};
use portcullis_core::{
    error::{
        ErrorKind,
        catalogue::{FIELD_MISSING, SMS_UNAVAILABLE},
    },
    service::{FieldErrors, NamedField, RawField},
};
use serde::{Deserialize, Serialize};

use super::{
    super::{
        answer::{Typed, again, show, show_with},
        confirm::person,
    },
    say, turned,
};
use crate::{
    http::{
        extract::{Carried, Fields, PageForm, Says, SignedIn, Turned},
        openapi::RealmPath,
        problem::{self, REFUSED_FORM},
        state::AppState,
    },
    templates::pages::{AccountDetailsPhone, Gate},
};

/// State of a sent code, passed to the page in its URL.
#[derive(Serialize, Deserialize)]
struct Texted {
    handle: String,
    ending: String,
}

impl Carried for Texted {
    const NAME: &'static str = "sent";
}

/// Show the form for a new phone number
///
/// Requires a recent login. Asks for the code after it was sent.
#[utoipa::path(get, path = "/v1/{realm}/account/details/phone", tag = "Pages", params(RealmPath), responses((status = 200, description = "HTML", content_type = "text/html", body = String)))]
pub(crate) async fn form(State(state): State<AppState>, signed_in: SignedIn) -> Result<Response, Turned> {
    let texted = signed_in.visit.carried::<Texted>();
    if texted.is_none() {
        signed_in.fresh().await?;
    }
    let gate = Gate { form: signed_in.kept(&["phone"]), ..Gate::default() };
    Ok(show(&state, &signed_in.visit, &page(&signed_in, texted.as_ref(), gate)))
}

fn page(signed_in: &SignedIn, texted: Option<&Texted>, gate: Gate) -> AccountDetailsPhone {
    let carried = signed_in.visit.parameter(Texted::NAME).unwrap_or_default();
    let action = signed_in.visit.link("account/details/phone", &[(Texted::NAME, carried)]);
    let ending = texted.map(|texted| texted.ending.clone()).unwrap_or_default();
    AccountDetailsPhone { gate: Gate { action, ..gate }, user: person(signed_in), ending }
}

/// Change the phone number
///
/// Sends a code to the new number, then accepts the code.
#[utoipa::path(post, path = "/v1/{realm}/account/details/phone", tag = "Pages", params(RealmPath), responses((status = 303, description = "HTML", content_type = "text/html", body = String)))]
pub(crate) async fn send(
    State(state): State<AppState>,
    signed_in: SignedIn,
    PageForm(mut fields): PageForm,
) -> Result<Response, Turned> {
    let owner = signed_in.owner().await?;
    if let Some(texted) = signed_in.visit.carried::<Texted>() {
        return verify(&state, &signed_in, &texted, &mut fields).await;
    }
    let typed = Typed::of(&fields, &["phone"]);
    let phone = match fields.peek("phone") {
        Some(text) if text.trim().is_empty() => RawField::Missing,
        _ => fields.take_phone("phone"),
    };
    let visit = &signed_in.visit;
    match visit.request.accounts().request_phone_change(&owner, &phone, &RawField::Missing).await {
        Ok(handle) => {
            let digits = phone.text().unwrap_or_default().trim();
            let ending = digits.chars().skip(digits.chars().count().saturating_sub(2)).collect();
            let texted = Texted { handle: handle.expose().to_owned(), ending };
            Ok(visit.carry(&state, "account/details/phone", &texted, &[]))
        }
        Err(error) if error.code() == SMS_UNAVAILABLE.code => {
            let gate = Gate { problem: "away", form: typed.0, ..Gate::default() };
            Ok(show_with(&state, visit, problem::status(error.kind()), &page(&signed_in, None, gate)))
        }
        Err(error) if matches!(error.kind(), ErrorKind::Invalid | ErrorKind::Limited(_)) => {
            Ok(again(&state, visit, error, (Gate::default(), &typed), |gate| page(&signed_in, None, gate)))
        }
        Err(error) if matches!(error.kind(), ErrorKind::Stale { .. }) => {
            Err(signed_in.confirm_keeping(&state, &typed.0))
        }
        Err(error) => Err(turned(&signed_in, error)),
    }
}

async fn verify(
    state: &AppState,
    signed_in: &SignedIn,
    texted: &Texted,
    fields: &mut Fields,
) -> Result<Response, Turned> {
    let visit = &signed_in.visit;
    let handle = NamedField { name: "handle", value: RawField::from(&*texted.handle) };
    let code = NamedField { name: "code", value: fields.take_filled("code") };
    let error = if matches!(code.value, RawField::Missing) {
        let mut errors = FieldErrors::default();
        errors.add(FIELD_MISSING.of("code"));
        errors.into_error()
    } else {
        match visit.request.accounts().verify_code(&handle, &code).await {
            Ok(()) => return Ok(say(state, signed_in, "account/details", Says::Done("phone"))),
            Err(error) => error,
        }
    };
    match error.kind() {
        ErrorKind::BadLink => {
            let words = "That code is incorrect or has expired. Request a new one.".to_owned();
            let gate = Gate { errors: vec![("code", words)], ..Gate::default() };
            Ok(show_with(state, visit, REFUSED_FORM, &page(signed_in, Some(texted), gate)))
        }
        ErrorKind::Invalid | ErrorKind::Limited(_) => {
            let render = |gate| page(signed_in, Some(texted), gate);
            Ok(again(state, visit, error, (Gate::default(), &Typed::default()), render))
        }
        _ => Err(turned(signed_in, error)),
    }
}
