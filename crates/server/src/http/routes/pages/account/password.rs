use axum::{extract::State, response::Response};
use portcullis_core::{
    error::{ErrorKind, catalogue::FIELD_MISSING},
    service::{FieldErrors, RawField},
};

use super::{
    super::{
        answer::{Typed, again, show, show_with},
        confirm::person,
    },
    say, turned,
};
use crate::{
    http::{
        extract::{DeviceCookie, PageForm, Says, SignedIn, Turned},
        openapi::RealmPath,
        problem::REFUSED_FORM,
        state::AppState,
    },
    templates::pages::{AccountSecurityPassword, Gate},
};

/// Show the form for a new password
///
/// Requires a recent login if two-step verification is on or the account has no password.
#[utoipa::path(get, path = "/v1/{realm}/account/security/password", tag = "Pages", params(RealmPath), responses((status = 200, description = "HTML", content_type = "text/html", body = String)))]
pub(crate) async fn form(State(state): State<AppState>, signed_in: SignedIn) -> Result<Response, Turned> {
    if !signed_in.viewer.account().has_password {
        signed_in.fresh().await?;
    }
    Ok(show(&state, &signed_in.visit, &page(&signed_in, Gate::default())))
}

fn page(signed_in: &SignedIn, gate: Gate) -> AccountSecurityPassword {
    let has_password = signed_in.viewer.account().has_password;
    AccountSecurityPassword { gate, user: person(signed_in), has_password }
}

/// Change the password
///
/// Ends all other sessions.
#[utoipa::path(post, path = "/v1/{realm}/account/security/password", tag = "Pages", params(RealmPath), responses((status = 303, description = "HTML", content_type = "text/html", body = String)))]
pub(crate) async fn change(
    State(state): State<AppState>,
    signed_in: SignedIn,
    cookie: DeviceCookie,
    PageForm(mut fields): PageForm,
) -> Result<Response, Turned> {
    let owner = signed_in.owner().await?;
    let (current, new) = (fields.take_filled("current_password"), fields.take_filled("new_password"));
    let mut errors = FieldErrors::default();
    let needs_current = signed_in.viewer.account().has_password;
    for (name, field, is_needed) in [("current_password", &current, needs_current), ("new_password", &new, true)] {
        if is_needed && matches!(field, RawField::Missing) {
            errors.add(FIELD_MISSING.of(name));
        }
    }
    let result = match errors.finish(Some(())) {
        Ok(()) => signed_in.visit.request.accounts().change_password(&owner, &current, &new).await,
        Err(error) => Err(error),
    };
    let error = match result {
        Ok(device) => {
            let done = cookie.add(say(&state, &signed_in, "account/security", Says::Done("password")), &state, &device);
            return Ok(signed_in.renewed(&state, done).await);
        }
        Err(error) => error,
    };
    match error.kind() {
        ErrorKind::Forbidden => {
            let words = "Your current password is incorrect".to_owned();
            let gate = Gate { errors: vec![("current_password", words)], ..Gate::default() };
            Ok(show_with(&state, &signed_in.visit, REFUSED_FORM, &page(&signed_in, gate)))
        }
        ErrorKind::Invalid | ErrorKind::Limited(_) => {
            let render = |gate| page(&signed_in, gate);
            Ok(again(&state, &signed_in.visit, error, (Gate::default(), &Typed::default()), render))
        }
        _ => Err(turned(&signed_in, error)),
    }
}
