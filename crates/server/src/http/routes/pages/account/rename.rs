use std::collections::BTreeMap;

use axum::{extract::State, response::Response};
use portcullis_core::{error::ErrorKind, factor::ListedPasskey, service::RawField};

use super::{
    super::{
        answer::{show, show_with},
        confirm::person,
    },
    go, say, turned,
};
use crate::{
    http::{
        extract::{PageForm, Says, SignedIn, Turned},
        openapi::RealmPath,
        problem::REFUSED_FORM,
        state::AppState,
    },
    templates::pages::{AccountSecurityRename, Gate},
};

/// Show the form to rename a passkey
///
/// The name is only shown to its owner.
#[utoipa::path(get, path = "/v1/{realm}/account/security/rename", tag = "Pages", params(RealmPath), responses((status = 200, description = "HTML", content_type = "text/html", body = String)))]
pub(crate) async fn form(State(state): State<AppState>, signed_in: SignedIn) -> Result<Response, Turned> {
    let Some(passkey) = named(&signed_in).await? else { return Ok(go(&signed_in, "account/security")) };
    let gate = Gate { form: BTreeMap::from([("name", passkey.name.as_str().to_owned())]), ..Gate::default() };
    Ok(show(&state, &signed_in.visit, &page(&signed_in, gate)))
}

/// Returns the passkey named in the URL.
async fn named(signed_in: &SignedIn) -> Result<Option<ListedPasskey>, Turned> {
    let id = signed_in.visit.parameter("id").unwrap_or_default();
    let status = signed_in.visit.request.second_factors().status(&signed_in.viewer).await;
    let passkeys = status.map_err(|error| turned(signed_in, error))?.passkeys;
    Ok(passkeys.and_then(|(passkeys, _)| passkeys.into_iter().find(|passkey| passkey.id.as_str() == id)))
}

fn page(signed_in: &SignedIn, gate: Gate) -> AccountSecurityRename {
    let id = signed_in.visit.parameter("id").unwrap_or_default();
    let action = signed_in.visit.link("account/security/rename", &[("id", id)]);
    AccountSecurityRename { gate: Gate { action, ..gate }, user: person(signed_in) }
}

/// Rename a passkey or security key
#[utoipa::path(post, path = "/v1/{realm}/account/security/rename", tag = "Pages", params(RealmPath), responses((status = 303, description = "HTML", content_type = "text/html", body = String)))]
pub(crate) async fn rename(
    State(state): State<AppState>,
    signed_in: SignedIn,
    PageForm(mut fields): PageForm,
) -> Result<Response, Turned> {
    let owner = signed_in.owner().await?;
    let id = signed_in.visit.parameter("id").unwrap_or_default();
    let typed = fields.peek("name").unwrap_or_default().to_owned();
    let name = match fields.take("name") {
        RawField::Missing => RawField::from(""),
        name => name,
    };
    match signed_in.visit.request.second_factors().rename_passkey(&owner, id, &name).await {
        Ok(_) => Ok(say(&state, &signed_in, "account/security", Says::Done("renamed"))),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(go(&signed_in, "account/security")),
        Err(error) if error.kind() == ErrorKind::Invalid => {
            let errors = vec![("name", "Enter a name of 1 to 64 characters".to_owned())];
            let gate = Gate { errors, form: BTreeMap::from([("name", typed)]), ..Gate::default() };
            Ok(show_with(&state, &signed_in.visit, REFUSED_FORM, &page(&signed_in, gate)))
        }
        Err(error) => Err(turned(&signed_in, error)),
    }
}
