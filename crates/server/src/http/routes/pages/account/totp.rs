use axum::{extract::State, response::Response};
use portcullis_core::{
    ExposeSecret,
    error::{ErrorKind, catalogue::FIELD_MISSING},
    service::{Enrols, FieldErrors, RawField},
};
use serde::{Deserialize, Serialize};

use super::{
    super::{
        answer::{Typed, again, show, show_with},
        confirm::person,
    },
    codes, go, say, turned,
};
use crate::{
    http::{
        extract::{Carried, PageForm, Says, SignedIn, Turned},
        openapi::RealmPath,
        problem::REFUSED_FORM,
        qr,
        state::AppState,
    },
    templates::pages::{AccountSecurityTotp, Gate},
};

/// State of a TOTP enrolment, passed to the page in its URL.
#[derive(Serialize, Deserialize)]
struct Begun {
    enrolment: String,
}

impl Carried for Begun {
    const NAME: &'static str = "enrolment";
}

/// Show the form for an authenticator app
///
/// Shows the secret of an enrolment started in this browser.
#[utoipa::path(get, path = "/v1/{realm}/account/security/totp", tag = "Pages", params(RealmPath), responses((status = 200, description = "HTML", content_type = "text/html", body = String)))]
pub(crate) async fn form(State(state): State<AppState>, signed_in: SignedIn) -> Result<Response, Turned> {
    let Some(begun) = signed_in.visit.carried::<Begun>() else { return Ok(go(&signed_in, "account/security")) };
    let page = page(&signed_in, &begun, Gate::default()).await?;
    Ok(show(&state, &signed_in.visit, &page))
}

async fn page(signed_in: &SignedIn, begun: &Begun, gate: Gate) -> Result<AccountSecurityTotp, Turned> {
    let owner = signed_in.owner().await?;
    let enrols = Enrols::Owner(&owner, &RawField::Missing);
    let offer = match signed_in.visit.request.second_factors().show_totp(enrols, &begun.enrolment).await {
        Ok(offer) => offer,
        Err(error) if error.kind() == ErrorKind::BadLink => {
            return Err(Turned::Elsewhere(signed_in.visit.path("account/security")));
        }
        Err(error) => return Err(turned(signed_in, error)),
    };
    let carried = signed_in.visit.parameter(Begun::NAME).unwrap_or_default();
    let action = signed_in.visit.link("account/security/totp", &[(Begun::NAME, carried)]);
    Ok(AccountSecurityTotp {
        gate: Gate { action, ..gate },
        user: person(signed_in),
        qr: qr::svg(offer.uri.expose_secret()).map_err(|error| turned(signed_in, error))?,
        secret: qr::in_fours(&offer.secret.base32()),
    })
}

/// Add an authenticator app
///
/// Starts the enrolment, then accepts the first code.
#[utoipa::path(post, path = "/v1/{realm}/account/security/totp", tag = "Pages", params(RealmPath), responses((status = 303, description = "HTML", content_type = "text/html", body = String)))]
pub(crate) async fn confirm(
    State(state): State<AppState>,
    signed_in: SignedIn,
    PageForm(mut fields): PageForm,
) -> Result<Response, Turned> {
    let Some(begun) = signed_in.visit.carried::<Begun>() else { return begin(&state, &signed_in).await };
    let owner = signed_in.owner().await?;
    let enrols = Enrols::Owner(&owner, &RawField::Missing);
    let code = fields.take_filled("code");
    let error = if matches!(code, RawField::Missing) {
        let mut errors = FieldErrors::default();
        errors.add(FIELD_MISSING.of("code"));
        errors.into_error()
    } else {
        let enrolment = RawField::from(&*begun.enrolment);
        match signed_in.visit.request.second_factors().confirm_totp(enrols, &enrolment, &code).await {
            Ok(confirmed) => {
                let done = match confirmed.recovery_codes {
                    Some(made) => codes::carried(&state, &signed_in, made.expose()),
                    None => say(&state, &signed_in, "account/security", Says::Done("on")),
                };
                return Ok(signed_in.with_cookie(&state, done, confirmed.cookie.as_ref()));
            }
            Err(error) => error,
        }
    };
    match error.kind() {
        ErrorKind::BadLink => {
            let words = "That code is incorrect or has expired. Enter the current code from your app.".to_owned();
            let gate = Gate { errors: vec![("code", words)], ..Gate::default() };
            let page = page(&signed_in, &begun, gate).await?;
            Ok(show_with(&state, &signed_in.visit, REFUSED_FORM, &page))
        }
        ErrorKind::Invalid | ErrorKind::Limited(_) => {
            let bare = page(&signed_in, &begun, Gate::default()).await?;
            let render = |gate: Gate| AccountSecurityTotp { gate: Gate { action: bare.gate.action, ..gate }, ..bare };
            Ok(again(&state, &signed_in.visit, error, (Gate::default(), &Typed::default()), render))
        }
        ErrorKind::Conflict => Ok(say(&state, &signed_in, "account/security", Says::Problem("too_many"))),
        _ => Err(turned(&signed_in, error)),
    }
}

async fn begin(state: &AppState, signed_in: &SignedIn) -> Result<Response, Turned> {
    let owner = signed_in.fresh().await?;
    let enrols = Enrols::Owner(&owner, &RawField::Missing);
    match signed_in.visit.request.second_factors().begin_totp(enrols, &RawField::Missing).await {
        Ok(offer) => {
            let begun = Begun { enrolment: offer.enrolment.expose().to_owned() };
            Ok(signed_in.visit.carry(state, "account/security/totp", &begun, &[]))
        }
        Err(error) if error.kind() == ErrorKind::Conflict => {
            Ok(say(state, signed_in, "account/security", Says::Problem("too_many")))
        }
        Err(error) => Err(turned(signed_in, error)),
    }
}
