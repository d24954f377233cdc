use axum::{extract::State, response::Response};
use portcullis_core::{
    error::{ErrorKind, catalogue::FIELD_MISSING},
    service::{FieldErrors, RawField},
};

use super::{
    super::{
        answer::{self, Typed, again, show_with},
        confirm::person,
    },
    turned,
};
use crate::{
    http::{
        extract::{PageForm, Says, SignedIn, Turned},
        openapi::RealmPath,
        problem::REFUSED_FORM,
        state::AppState,
    },
    templates::pages::{AccountData, AccountDataDelete, Gate},
};

/// Show export and deletion
///
/// The export is the POST route of this page.
#[utoipa::path(get, path = "/v1/{realm}/account/data", tag = "Pages", params(RealmPath), responses((status = 200, description = "HTML", content_type = "text/html", body = String)))]
pub(crate) async fn show(State(state): State<AppState>, signed_in: SignedIn) -> Response {
    let page = AccountData { gate: Gate::default(), user: person(&signed_in) };
    answer::show(&state, &signed_in.visit, &page)
}

/// Ask whether to delete the account
///
/// Requires a recent login with two-step verification, otherwise the password.
#[utoipa::path(get, path = "/v1/{realm}/account/data/delete", tag = "Pages", params(RealmPath), responses((status = 200, description = "HTML", content_type = "text/html", body = String)))]
pub(crate) async fn ask(State(state): State<AppState>, signed_in: SignedIn) -> Result<Response, Turned> {
    if signed_in.needs_two() {
        signed_in.fresh().await?;
    }
    Ok(answer::show(&state, &signed_in.visit, &page(&signed_in, Gate::default())))
}

fn page(signed_in: &SignedIn, gate: Gate) -> AccountDataDelete {
    AccountDataDelete { gate, user: person(signed_in), asks_password: !signed_in.needs_two() }
}

/// Delete the account
///
/// The deletion is permanent.
#[utoipa::path(post, path = "/v1/{realm}/account/data/delete", tag = "Pages", params(RealmPath), responses((status = 303, description = "HTML", content_type = "text/html", body = String)))]
pub(crate) async fn delete(
    State(state): State<AppState>,
    signed_in: SignedIn,
    PageForm(mut fields): PageForm,
) -> Result<Response, Turned> {
    let owner = signed_in.owner().await?;
    let current = fields.take_filled("current_password");
    let result = if matches!(current, RawField::Missing) && !signed_in.needs_two() {
        let mut errors = FieldErrors::default();
        errors.add(FIELD_MISSING.of("current_password"));
        Err(errors.into_error())
    } else {
        signed_in.visit.request.accounts().delete_own(&owner, &current).await
    };
    let error = match result {
        Ok(()) => {
            return Ok(signed_in.visit.leave_saying(&state, "signin", Says::Done("deleted")));
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
