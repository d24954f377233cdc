use axum::{extract::State, response::Response};
use portcullis_core::{
    Error,
    error::{ErrorKind, catalogue::FIELD_MISSING},
    factor::passkey::PasskeyUse,
    oauth::Lacking,
    service::{
        Challenged, Completed, Completion, FactorChallenge, FieldErrors, Owner, RawField, SecondFactor, StepUp, Stepped,
    },
};
use serde::{Deserialize, Serialize};

use super::{
    answer::{Typed, again, show, show_with},
    confirm_with::{is_only_passkey, link, options, send},
    passkey::{self, Ability},
    social,
    step::{self, Kind},
};
use crate::{
    http::{
        extract::{Carried, Fields, PageForm, Says, SignedIn, Turned},
        openapi::RealmPath,
        problem::REFUSED_FORM,
        state::AppState,
    },
    templates::pages::{Gate, Person, SigninConfirm, Way},
};

/// Message codes that this page can set for itself.
const PROBLEMS: [&str; 4] = ["timed_out", "too_many_codes", "passkey", "other_account"];

/// Second step of a re-authentication.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct ConfirmStep {
    pub(super) ticket: String,
    pub(super) kinds: Vec<Kind>,
    pub(super) ability: Ability,
    /// Whether a code was sent by SMS.
    pub(super) is_sent: bool,
    /// Whether a passkey alone is sufficient, without the password.
    pub(super) is_alone: bool,
}

impl Carried for ConfirmStep {
    const NAME: &'static str = "confirm";
}

/// Prompt of the page.
pub(super) struct Asked {
    pub(super) step: Option<ConfirmStep>,
    /// `password`, `passkey`, a kind of code, `factor` if only a factor is missing, or `login` if the user must start a
    /// new sign-in.
    pub(super) method: &'static str,
    /// Whether a passkey can replace the password.
    offers_passkey: bool,
    /// Providers that the user can sign in with again, if there is no other method.
    providers: Vec<Way>,
}

/// Show the page to authenticate again
///
/// Asks for a passkey or the password, then for a second factor if the account has one. Some changes accept only a
/// passkey.
#[utoipa::path(get, path = "/v1/{realm}/signin/confirm", tag = "Pages", params(RealmPath), responses((status = 200, description = "HTML", content_type = "text/html", body = String)))]
pub(crate) async fn form(State(state): State<AppState>, signed_in: SignedIn) -> Result<Response, Turned> {
    let asked = asked(&signed_in, signed_in.visit.parameter("method")).await?;
    let gate = Gate { problem: signed_in.visit.problem(&PROBLEMS), ..Gate::default() };
    Ok(show(&state, &signed_in.visit, &page(&signed_in, &asked, gate)))
}

/// Returns the required credential: the next part of a started step, or the first credential.
async fn asked(signed_in: &SignedIn, method: Option<&str>) -> Result<Asked, Error> {
    if let Some(step) = signed_in.visit.carried::<ConfirmStep>() {
        let method = step::choose(&step.kinds, method, step.ability);
        return Ok(Asked { step: Some(step), method, offers_passkey: false, providers: Vec::new() });
    }
    if signed_in.visit.lacks().is_some_and(|lacks| !lacks.is_old) {
        return Ok(Asked { step: None, method: "factor", offers_passkey: false, providers: Vec::new() });
    }
    let status = signed_in.visit.request.second_factors().status(&signed_in.viewer).await?;
    let passkeys = status.passkeys.map(|(passkeys, _)| passkeys).unwrap_or_default();
    let offers_passkey = passkeys.iter().any(|passkey| passkey.used_for == PasskeyUse::Login);
    let is_only_passkey = offers_passkey && is_only_passkey(&signed_in.visit);
    let method = if signed_in.viewer.account().has_password && !is_only_passkey {
        "password"
    } else if offers_passkey {
        "passkey"
    } else {
        return by_login(signed_in).await;
    };
    Ok(Asked { step: None, method, offers_passkey, providers: Vec::new() })
}

/// Returns the page that only offers a new sign-in.
async fn by_login(signed_in: &SignedIn) -> Result<Asked, Error> {
    let providers = social::ways_to_confirm(&signed_in.visit, &signed_in.viewer).await?;
    Ok(Asked { step: None, method: "login", offers_passkey: false, providers })
}

pub(super) fn page(signed_in: &SignedIn, asked: &Asked, gate: Gate) -> SigninConfirm {
    let visit = &signed_in.visit;
    let kinds = asked.step.as_ref().map_or(&[][..], |step| &step.kinds);
    let action = link(visit, asked.step.is_some().then_some(asked.method));
    let mut ways = step::ways(kinds, asked.method, |name| link(visit, Some(name)));
    let is_alone = asked.step.as_ref().is_some_and(|step| step.is_alone) && !is_only_passkey(visit);
    if is_alone && signed_in.viewer.account().has_password {
        ways.push(step::password(visit.link("signin/confirm", &[])));
    }
    SigninConfirm {
        gate: Gate { action, query: visit.query(&[]), ..gate },
        user: person(signed_in),
        method: asked.method,
        passkey: asked.offers_passkey && asked.method == "password",
        ending: step::ending(kinds),
        is_sent: asked.step.as_ref().is_some_and(|step| step.is_sent),
        ways,
        providers: asked.providers.clone(),
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
/// Redirects to the page that required it. The session cookie is replaced.
#[utoipa::path(post, path = "/v1/{realm}/signin/confirm", tag = "Pages", params(RealmPath), responses((status = 303, description = "HTML", content_type = "text/html", body = String)))]
pub(crate) async fn confirm(
    State(state): State<AppState>,
    signed_in: SignedIn,
    PageForm(mut fields): PageForm,
) -> Result<Response, Turned> {
    let owner = signed_in.owner().await?;
    let asked = asked(&signed_in, fields.peek("type")).await?;
    if let Some(step) = &asked.step
        && !signed_in.visit.request.sessions().is_open(&step.ticket).await?
    {
        return Ok(over(&state, &signed_in, &owner, "timed_out"));
    }
    if passkey::wants_options(&fields) {
        return options(&state, &signed_in, &owner, asked.step).await;
    }
    if let Some(step) = asked.step.as_ref().filter(|_| fields.peek("action") == Some("send")) {
        return Ok(send(&state, &signed_in, step, &asked).await);
    }
    if asked.step.is_none() && passkey::is_given(&fields) {
        let gate = Gate { problem: "passkey", ..Gate::default() };
        return Ok(show_with(&state, &signed_in.visit, REFUSED_FORM, &page(&signed_in, &asked, gate)));
    }
    let ability = Ability::of(&fields);
    let result = match &asked.step {
        Some(step) => complete(&signed_in, step, asked.method, &mut fields).await,
        None => prove(&signed_in, &owner, &mut fields).await,
    };
    match result {
        Ok(Stepped::Up(up)) => Ok(signed_in.with_cookie(&state, signed_in.visit.go_on(), up.cookie.as_ref())),
        Ok(Stepped::Challenged(challenged)) => Ok(next(&state, &signed_in, &challenged, ability).await?),
        Err(error) => refuse(&state, &signed_in, &owner, (asked, error)).await,
    }
}

/// Continues if the form was submitted twice and the session is already renewed. Otherwise starts again.
fn over(state: &AppState, signed_in: &SignedIn, owner: &Owner, problem: &'static str) -> Response {
    if signed_in.visit.request.sessions().is_fresh(owner) {
        return signed_in.visit.go_on();
    }
    signed_in.visit.say(state, "signin/confirm", Says::Problem(problem))
}

/// Verifies the password, if the form contains one.
async fn prove(signed_in: &SignedIn, owner: &Owner, fields: &mut Fields) -> Result<Stepped, Error> {
    let (none, lacks) = (RawField::Missing, signed_in.visit.lacks());
    let password = match &lacks {
        Some(lacks) if !lacks.is_old => RawField::Missing,
        _ => fields.take("password"),
    };
    if lacks.as_ref().is_none_or(|lacks| lacks.is_old) && password.text().is_none_or(str::is_empty) {
        return Err(missing("password"));
    }
    let second = SecondFactor { code: &none, kind: &none, remember: &none };
    let (acr_values, max_age) = wanted(lacks.as_ref());
    let asked = StepUp { current_password: &password, second, acr_values: &acr_values, max_age: &max_age };
    signed_in.visit.request.sessions().step_up(owner, &asked).await
}

/// Returns the class and the age of the authentication that an application asks for; without one, those of the realm.
pub(super) fn wanted(lacks: Option<&Lacking>) -> (RawField, RawField) {
    let Some(lacks) = lacks else { return (RawField::Missing, RawField::Missing) };
    // Either a new authentication, however recent the last one is, or any authentication of the session, however old.
    let max_age = if lacks.is_old { "0" } else { "4294967295" };
    (RawField::from(lacks.acr()), RawField::from(max_age))
}

/// Completes a step with a code, a passkey or a security key.
async fn complete(
    signed_in: &SignedIn,
    step: &ConfirmStep,
    method: &'static str,
    fields: &mut Fields,
) -> Result<Stepped, Error> {
    let (none, ticket, kind) = (RawField::Missing, RawField::from(&*step.ticket), RawField::from(method));
    let (mut code, mut credential) = (RawField::Missing, RawField::Missing);
    if method == "passkey" {
        credential = passkey::credential(fields).map_err(|_| missing("code"))?;
    } else {
        code = fields.take_filled("code");
        if matches!(code, RawField::Missing) {
            return Err(missing("code"));
        }
    }
    let second = SecondFactor { code: &code, kind: &kind, remember: &none };
    let completion = Completion { ticket: &ticket, second, passkey: &credential, password: &none, devices: &[] };
    match signed_in.visit.request.sessions().complete(&completion).await? {
        Completed::Challenged(challenged) => Ok(Stepped::Challenged(challenged)),
        Completed::SteppedUp(up) => Ok(Stepped::Up(up)),
        Completed::LoggedIn(_) => Err(Error::internal("a step-up has opened a session")),
    }
}

fn missing(field: &'static str) -> Error {
    let mut errors = FieldErrors::default();
    errors.add(FIELD_MISSING.of(field));
    errors.into_error()
}

/// Redirects to the next required factor. If none can be used, the user must sign in again.
async fn next(
    state: &AppState,
    signed_in: &SignedIn,
    challenged: &Challenged,
    ability: Ability,
) -> Result<Response, Error> {
    if challenged.challenges.contains(&FactorChallenge::Password) {
        // A passkey without user verification does not replace the password.
        return Ok(signed_in.visit.say(state, "signin/confirm", Says::Problem("passkey")));
    }
    let kinds = step::kinds(challenged);
    if kinds.is_empty() {
        return sign_in_again(state, signed_in).await;
    }
    let ticket = challenged.ticket.expose().to_owned();
    let step = ConfirmStep { ticket, kinds, ability, is_sent: false, is_alone: false };
    Ok(signed_in.visit.carry(state, "signin/confirm", &step, &[]))
}

async fn sign_in_again(state: &AppState, signed_in: &SignedIn) -> Result<Response, Error> {
    let asked = by_login(signed_in).await?;
    Ok(show_with(state, &signed_in.visit, REFUSED_FORM, &page(signed_in, &asked, Gate::default())))
}

async fn refuse(
    state: &AppState,
    signed_in: &SignedIn,
    owner: &Owner,
    (asked, error): (Asked, Error),
) -> Result<Response, Turned> {
    let visit = &signed_in.visit;
    let words = match error.kind() {
        ErrorKind::Conflict => return Ok(sign_in_again(state, signed_in).await?),
        ErrorKind::Forbidden => ("password", "Your current password is incorrect"),
        ErrorKind::Invalid if asked.method == "passkey" => ("code", step::wrong("passkey")),
        kind if step::is_refusal(kind) => {
            if let Some(step) = &asked.step
                && !visit.request.sessions().is_open(&step.ticket).await?
            {
                return Ok(over(state, signed_in, owner, "too_many_codes"));
            }
            ("code", step::wrong(asked.method))
        }
        ErrorKind::BadToken => return Err(Turned::Elsewhere(visit.path("signin"))),
        _ => {
            let render = |gate| page(signed_in, &asked, gate);
            return Ok(again(state, visit, error, (Gate::default(), &Typed::default()), render));
        }
    };
    let gate = Gate { errors: vec![(words.0, words.1.to_owned())], ..Gate::default() };
    Ok(show_with(state, visit, REFUSED_FORM, &page(signed_in, &asked, gate)))
}
