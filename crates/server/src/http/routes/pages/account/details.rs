use std::collections::BTreeMap;

use axum::{extract::State, response::Response};
use portcullis_core::{
    account::{country::CountryCode, name::PersonName, phone::PhoneNumber},
    error::ErrorKind,
    service::{FieldErrors, ProfilePatch},
};

use super::{
    super::{
        answer::{Typed, again, show},
        confirm::person,
    },
    say, turned,
};
use crate::{
    http::{
        extract::{PageForm, Says, SignedIn, Turned},
        openapi::RealmPath,
        state::AppState,
    },
    templates::pages::{AccountDetails, Contact, Gate},
};

const DONE: [&str; 5] = ["saved", "sent", "cancelled", "phone", "no_phone"];

/// Show personal details
///
/// Name, country, address and phone number.
#[utoipa::path(get, path = "/v1/{realm}/account/details", tag = "Pages", params(RealmPath), responses((status = 200, description = "HTML", content_type = "text/html", body = String)))]
pub(crate) async fn form(State(state): State<AppState>, signed_in: SignedIn) -> Response {
    let profile = &signed_in.viewer.account().profile;
    let name = |name: &Option<PersonName>| name.as_ref().map_or("", PersonName::as_str).to_owned();
    let form = BTreeMap::from([
        ("first_name", name(&profile.first_name)),
        ("last_name", name(&profile.last_name)),
        ("country_code", profile.country.as_ref().map_or("", CountryCode::iso).to_owned()),
    ]);
    let done = signed_in.visit.done(&DONE);
    show(&state, &signed_in.visit, &page(&signed_in, Gate { form, done, ..Gate::default() }))
}

fn page(signed_in: &SignedIn, gate: Gate) -> AccountDetails {
    let (account, now) = (signed_in.viewer.account(), signed_in.visit.request.ctx.now);
    let pending = account.pending_email.as_ref().filter(|pending| pending.shown_until > now);
    let contact = Contact {
        phone: account.profile.phone.as_ref().map_or("", PhoneNumber::as_str).to_owned(),
        phone_verified: account.is_phone_verified,
        pending_email: pending.map(|pending| pending.email.as_str().to_owned()).unwrap_or_default(),
        can_text: true,
    };
    AccountDetails { gate, user: person(signed_in), contact }
}

/// Change name and country
///
/// An empty field removes the value.
#[utoipa::path(post, path = "/v1/{realm}/account/details", tag = "Pages", params(RealmPath), responses((status = 303, description = "HTML", content_type = "text/html", body = String)))]
pub(crate) async fn save(
    State(state): State<AppState>,
    signed_in: SignedIn,
    PageForm(mut fields): PageForm,
) -> Result<Response, Turned> {
    let owner = signed_in.owner().await?;
    let typed = Typed::of(&fields, &["first_name", "last_name", "country_code"]);
    let patch = ProfilePatch {
        first_name: Some(fields.take_filled("first_name")),
        last_name: Some(fields.take_filled("last_name")),
        country_code: Some(fields.take_filled("country_code")),
        ..ProfilePatch::default()
    };
    let accounts = signed_in.visit.request.accounts();
    match accounts.edit(&owner, &patch, &None, FieldErrors::default()).await {
        Ok(_) => Ok(say(&state, &signed_in, "account/details", Says::Done("saved"))),
        Err(error) if matches!(error.kind(), ErrorKind::Invalid | ErrorKind::Limited(_)) => {
            let render = |gate| page(&signed_in, gate);
            Ok(again(&state, &signed_in.visit, error, (Gate::default(), &typed), render))
        }
        Err(error) => Err(turned(&signed_in, error)),
    }
}
