//! Sign-in with a passkey, started by the button or by autofill in the address field.

use axum::response::{IntoResponse, Response};
use portcullis_core::{error::catalogue::ACCOUNT_LOCKED, factor::passkey::CredentialId, service::PasskeyOutcome};

use super::{
    answer::{Typed, again, show_with},
    enter::{Way, enter},
    passkey,
    signin::page,
};
use crate::{
    http::{
        answers::RequestOptions,
        extract::{DeviceCookie, Fields, Visit},
        logins::counted_passkey,
        problem::{ApiError, REFUSED_FORM, UnknownCredentialAnswer, WRONG_SIGN_IN},
        state::AppState,
    },
    templates::pages::{Gate, Signin},
};

/// Returns options to the script, or signs in with the posted credential.
pub(super) async fn sign_in(state: &AppState, visit: &Visit, cookie: &DeviceCookie, fields: &mut Fields) -> Response {
    let keep = fields.take("remember").text() == Some("true");
    let sessions = visit.request.browser_sessions(keep);
    if passkey::wants_options(fields) {
        return match sessions.request_passkey().await {
            Ok(request) => passkey::options(RequestOptions::from(request), None),
            Err(error) => ApiError::from(error).into_response(),
        };
    }
    let gate = |problem| Gate { query: visit.query(&[]), problem, ..Gate::default() };
    let credential = match passkey::credential(fields) {
        Ok(credential) => credential,
        Err(_) => return show_with(state, visit, REFUSED_FORM, &page(visit, gate("passkey"))),
    };
    match counted_passkey(sessions.log_in_with_passkey(&credential, &[cookie.value()]).await) {
        Ok(PasskeyOutcome::LoggedIn(done)) => {
            enter(state, visit, cookie, done, (Way { name: "passkey", keep }, visit.go_on())).await
        }
        Ok(PasskeyOutcome::Refused { unknown }) => {
            let signal = unknown.map(signal).unwrap_or_default();
            show_with(state, visit, WRONG_SIGN_IN, &Signin { signal, ..page(visit, gate("passkey")) })
        }
        Err(error) if error.code() == ACCOUNT_LOCKED.code => {
            show_with(state, visit, REFUSED_FORM, &page(visit, gate("locked")))
        }
        Err(error) => again(state, visit, error, (gate(""), &Typed::default()), |gate| page(visit, gate)),
    }
}

/// Returns the argument of `signalUnknownCredential` for a credential that the browser can delete.
fn signal((rp_id, credential): (String, CredentialId)) -> String {
    let unknown = UnknownCredentialAnswer { rp_id, credential_id: credential.to_text() };
    serde_json::to_string(&unknown).unwrap_or_default()
}
