use axum::{
    extract::State,
    http::{StatusCode, header::LOCATION},
    response::{IntoResponse, Response},
};
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
        extract::{PageForm, SignedIn, Turned},
        openapi::RealmPath,
        problem::REFUSED_FORM,
        state::AppState,
    },
    templates::{
        in_words,
        pages::{AccountData, AccountDataDelete, Gate},
    },
};

/// Export and deletion
///
/// The export itself is the POST of this page.
#[utoipa::path(get, path = "/v1/{realm}/account/data", tag = "Pages", params(RealmPath), responses((status = 200, description = "HTML", content_type = "text/html", body = String)))]
pub(crate) async fn show(State(state): State<AppState>, signed_in: SignedIn) -> Response {
    let seconds = signed_in.visit.parameter("wait").and_then(|text| text.parse().ok());
    let wait = seconds.map(|seconds| in_words(std::time::Duration::from_secs(seconds))).unwrap_or_default();
    let problem = if wait.is_empty() { "" } else { "wait" };
    let page = AccountData { gate: Gate { problem, wait, ..Gate::default() }, user: person(&signed_in) };
    answer::show(&state, &signed_in.visit, &page)
}

/// The page that asks whether to delete the account
///
/// With two-step verification it needs a recent login, otherwise the password.
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
/// Erases it for good.
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
            let location = format!("{}?done=deleted", signed_in.visit.path("signin"));
            let mut response = (StatusCode::SEE_OTHER, [(LOCATION, location)]).into_response();
            signed_in.visit.forget_session(&state, &mut response);
            return Ok(response);
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
