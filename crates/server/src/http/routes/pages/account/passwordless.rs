use axum::{extract::State, response::Response};
use portcullis_core::{
    Error,
    error::{ErrorKind, catalogue::LOGIN_LAST},
    factor::passkey::PasskeyUse,
};

use super::{
    super::{answer::show, confirm::person},
    codes, go, say, turned,
};
use crate::{
    http::{
        extract::{PageForm, Says, SignedIn, Turned},
        openapi::RealmPath,
        state::AppState,
    },
    templates::pages::AccountSecurityRemove,
};

/// Ask whether to remove the password
///
/// Requires a recent login with a passkey, and a second passkey or recovery codes.
#[utoipa::path(get, path = "/v1/{realm}/account/security/password/remove", tag = "Pages", params(RealmPath), responses((status = 200, description = "HTML", content_type = "text/html", body = String)))]
pub(crate) async fn ask(State(state): State<AppState>, signed_in: SignedIn) -> Result<Response, Turned> {
    let owner = signed_in.owner().await?;
    if !signed_in.viewer.account().has_password {
        return Ok(go(&signed_in, "account/security"));
    }
    if let Some(problem) = obstacle(&signed_in).await? {
        return Ok(say(&state, &signed_in, "account/security", Says::Problem(problem)));
    }
    let used = signed_in.visit.request.accounts().require_passkey_used(&owner).await;
    used.map_err(|error| by_passkey(&signed_in, error))?;
    let page = AccountSecurityRemove {
        user: person(&signed_in),
        factor: "your password".to_owned(),
        kind: "password",
        is_last: false,
        action: signed_in.visit.path("account/security/password/remove"),
    };
    Ok(show(&state, &signed_in.visit, &page))
}

/// Remove the password
///
/// Turns on two-step verification and ends all other sessions.
#[utoipa::path(post, path = "/v1/{realm}/account/security/password/remove", tag = "Pages", params(RealmPath), responses((status = 303, description = "HTML", content_type = "text/html", body = String)))]
pub(crate) async fn remove(
    State(state): State<AppState>,
    signed_in: SignedIn,
    _: PageForm,
) -> Result<Response, Turned> {
    let owner = signed_in.owner().await?;
    let says = |says| say(&state, &signed_in, "account/security", says);
    match signed_in.visit.request.accounts().remove_password(&owner).await {
        Ok(made) => {
            let done = match made {
                Some(made) => codes(&state, &signed_in, made.expose()),
                None => says(Says::Done("no_password")),
            };
            Ok(signed_in.renewed(&state, done).await)
        }
        Err(error) if error.code() == LOGIN_LAST.code => {
            Ok(says(Says::Problem(obstacle(&signed_in).await?.unwrap_or("last"))))
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(go(&signed_in, "account/security")),
        Err(error) => Err(by_passkey(&signed_in, error)),
    }
}

/// Returns why the password is needed: as the only way to sign in, or as the only one besides a passkey that may be
/// lost.
async fn obstacle(signed_in: &SignedIn) -> Result<Option<&'static str>, Turned> {
    let status = signed_in.visit.request.second_factors().status(&signed_in.viewer).await;
    let status = status.map_err(|error| turned(signed_in, error))?;
    let passkeys = status.passkeys.iter().flat_map(|(passkeys, _)| passkeys);
    let has_codes = status.recovery_codes.is_some_and(|codes| codes.left > 0);
    Ok(match passkeys.filter(|passkey| passkey.used_for == PasskeyUse::Login).count() {
        0 => Some("last"),
        1 if !has_codes => Some("only_passkey"),
        _ => None,
    })
}

/// Converts an error to a response. If a recent login is required, it must be one with a passkey.
fn by_passkey(signed_in: &SignedIn, error: Error) -> Turned {
    match error.kind() {
        ErrorKind::Stale { .. } => signed_in.confirm_by_passkey(),
        _ => turned(signed_in, error),
    }
}
