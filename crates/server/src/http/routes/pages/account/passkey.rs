use axum::{extract::State, response::Response};
use portcullis_core::factor::{
    Method, MfaPolicy,
    passkey::{MAX_PASSKEYS, PasskeyUse},
};

use super::{
    super::{
        answer::{show, show_with},
        confirm::person,
    },
    Making, codes, go, make_passkey, say, turned,
};
use crate::{
    http::{
        extract::{PageForm, Says, SignedIn, Turned},
        openapi::RealmPath,
        problem::REFUSED_FORM,
        state::AppState,
    },
    templates::pages::{AccountSecurityPasskey, Gate},
};

/// Show the form for a passkey
///
/// Requires a recent login.
#[utoipa::path(get, path = "/v1/{realm}/account/security/passkey", tag = "Pages", params(RealmPath), responses((status = 200, description = "HTML", content_type = "text/html", body = String)))]
pub(crate) async fn form(State(state): State<AppState>, signed_in: SignedIn) -> Result<Response, Turned> {
    shown(&state, &signed_in, PasskeyUse::Login).await
}

/// Add a passkey
///
/// Returns the creation options to the script, then accepts the credential.
#[utoipa::path(post, path = "/v1/{realm}/account/security/passkey", tag = "Pages", params(RealmPath), responses((status = 303, description = "HTML", content_type = "text/html", body = String)))]
pub(crate) async fn add(
    State(state): State<AppState>,
    signed_in: SignedIn,
    form: PageForm,
) -> Result<Response, Turned> {
    made(&state, &signed_in, form, PasskeyUse::Login).await
}

/// Show the form for a security key
///
/// Requires a recent login. A security key is a second factor and cannot replace the password.
#[utoipa::path(get, path = "/v1/{realm}/account/security/key", tag = "Pages", params(RealmPath), responses((status = 200, description = "HTML", content_type = "text/html", body = String)))]
pub(crate) async fn key_form(State(state): State<AppState>, signed_in: SignedIn) -> Result<Response, Turned> {
    shown(&state, &signed_in, PasskeyUse::SecondFactor).await
}

/// Add a security key
///
/// Returns the creation options to the script, then accepts the credential. The first one turns on two-step
/// verification.
#[utoipa::path(post, path = "/v1/{realm}/account/security/key", tag = "Pages", params(RealmPath), responses((status = 303, description = "HTML", content_type = "text/html", body = String)))]
pub(crate) async fn add_key(
    State(state): State<AppState>,
    signed_in: SignedIn,
    form: PageForm,
) -> Result<Response, Turned> {
    made(&state, &signed_in, form, PasskeyUse::SecondFactor).await
}

async fn shown(state: &AppState, signed_in: &SignedIn, used_for: PasskeyUse) -> Result<Response, Turned> {
    signed_in.fresh().await?;
    let status = signed_in.visit.request.second_factors().status(&signed_in.viewer).await;
    let status = status.map_err(|error| turned(signed_in, error))?;
    let can_be_factor = status.methods.contains(&Method::Passkey) && status.policy != MfaPolicy::Off;
    match &status.passkeys {
        Some((passkeys, _)) if passkeys.len() >= MAX_PASSKEYS => {
            Ok(say(state, signed_in, "account/security", Says::Problem("too_many_keys")))
        }
        Some(_) if used_for == PasskeyUse::Login || can_be_factor => {
            Ok(show(state, &signed_in.visit, &page(signed_in, used_for, Gate::default())))
        }
        _ => Ok(go(signed_in, "account/security")),
    }
}

fn page(signed_in: &SignedIn, used_for: PasskeyUse, gate: Gate) -> AccountSecurityPasskey {
    let is_key = used_for == PasskeyUse::SecondFactor;
    let action = signed_in.visit.path(if is_key { "account/security/key" } else { "account/security/passkey" });
    AccountSecurityPasskey { gate: Gate { action, ..gate }, user: person(signed_in), is_key }
}

async fn made(
    state: &AppState,
    signed_in: &SignedIn,
    PageForm(mut fields): PageForm,
    used_for: PasskeyUse,
) -> Result<Response, Turned> {
    match make_passkey(signed_in, &mut fields, used_for).await? {
        Making::Options(options) => Ok(options),
        Making::Added(added) => {
            let done = match (&added.recovery_codes, used_for) {
                (Some(made), _) => codes(state, signed_in, made.expose()),
                (None, PasskeyUse::Login) => say(state, signed_in, "account/security", Says::Done("passkey_added")),
                (None, PasskeyUse::SecondFactor) => say(state, signed_in, "account/security", Says::Done("key_added")),
            };
            Ok(signed_in.with_cookie(state, done, added.cookie.as_ref()))
        }
        Making::Refused(gate) => Ok(show_with(state, &signed_in.visit, REFUSED_FORM, &page(signed_in, used_for, gate))),
    }
}
