use axum::{extract::State, response::Response};
use portcullis_core::{error::ErrorKind, service::RawField};

use super::{
    super::{
        answer::{Typed, again, show},
        confirm::person,
        resend::address,
    },
    say, turned,
};
use crate::{
    http::{
        extract::{PageForm, Says, SignedIn, Turned},
        openapi::RealmPath,
        state::AppState,
    },
    templates::pages::{AccountDetailsEmail, Gate},
};

/// Show the form for a new email address
///
/// Requires a recent login.
#[utoipa::path(get, path = "/v1/{realm}/account/details/email", tag = "Pages", params(RealmPath), responses((status = 200, description = "HTML", content_type = "text/html", body = String)))]
pub(crate) async fn form(State(state): State<AppState>, signed_in: SignedIn) -> Result<Response, Turned> {
    signed_in.fresh().await?;
    let gate = Gate { form: signed_in.kept(&["email"]), ..Gate::default() };
    Ok(show(&state, &signed_in.visit, &page(&signed_in, gate)))
}

fn page(signed_in: &SignedIn, gate: Gate) -> AccountDetailsEmail {
    AccountDetailsEmail { gate, user: person(signed_in) }
}

/// Change the email address
///
/// Sends a confirmation link to the new address, resends it, or cancels the change.
#[utoipa::path(post, path = "/v1/{realm}/account/details/email", tag = "Pages", params(RealmPath), responses((status = 303, description = "HTML", content_type = "text/html", body = String)))]
pub(crate) async fn send(
    State(state): State<AppState>,
    signed_in: SignedIn,
    PageForm(mut fields): PageForm,
) -> Result<Response, Turned> {
    let owner = signed_in.owner().await?;
    let accounts = signed_in.visit.request.accounts();
    if fields.peek("action") == Some("remove") {
        return match accounts.drop_email_change(&owner).await {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(turned(&signed_in, error)),
            _ => Ok(say(&state, &signed_in, "account/details", Says::Done("cancelled"))),
        };
    }
    let typed = Typed::of(&fields, &["email"]);
    let email = address(&mut fields);
    match accounts.request_email_change(&owner, &email, &RawField::Missing).await {
        Ok(_) => Ok(say(&state, &signed_in, "account/details", Says::Done("sent"))),
        Err(error) if matches!(error.kind(), ErrorKind::Invalid | ErrorKind::Limited(_)) => {
            let render = |gate| page(&signed_in, gate);
            Ok(again(&state, &signed_in.visit, error, (Gate::default(), &typed), render))
        }
        Err(error) if matches!(error.kind(), ErrorKind::Stale { .. }) => {
            Err(signed_in.confirm_keeping(&state, &typed.0))
        }
        Err(error) => Err(turned(&signed_in, error)),
    }
}
