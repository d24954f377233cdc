use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use portcullis_core::{
    Error,
    factor::{ListedPasskey, Method, passkey::PasskeyUse},
    service::{FactorStatus, RawField},
};

use super::super::{activity, answer::show, confirm::person};
use crate::{
    http::{extract::SignedIn, openapi::RealmPath, problem::ApiError, state::AppState},
    templates::pages::{AccountHome, Gate, Recommended},
};

/// Number of events on the home page.
const EVENTS: usize = 3;
/// Number of recovery codes below which new ones are recommended.
const FEW_CODES: usize = 3;

/// Show the home page of the account
///
/// Sign-in methods, sessions and recent events.
#[utoipa::path(get, path = "/v1/{realm}/account", tag = "Pages", params(RealmPath), responses((status = 200, description = "HTML", content_type = "text/html", body = String)))]
pub(crate) async fn home(State(state): State<AppState>, signed_in: SignedIn) -> Response {
    match page(&signed_in).await {
        Ok(page) => show(&state, &signed_in.visit, &page),
        Err(error) => ApiError::from(error).into_response(),
    }
}

async fn page(signed_in: &SignedIn) -> Result<AccountHome, Error> {
    let (visit, viewer) = (&signed_in.visit, &signed_in.viewer);
    let (request, account) = (&visit.request, viewer.account());
    let status = request.second_factors().status(viewer).await?;
    let sessions = request.sessions().list(viewer).await?;
    let events = request.audit_trail().events(viewer, &RawField::from(EVENTS.to_string()), &RawField::Missing).await?;
    let done = visit.done(&["recovery_used"]);
    Ok(AccountHome {
        gate: Gate { done, ..Gate::default() },
        user: person(signed_in),
        password: account.has_password.then(|| account.password_set_at.into()),
        two_step: status.two_step,
        recommended: recommended(&status),
        recovery_left: status.recovery_codes.as_ref().map_or(0, |codes| codes.left),
        passkeys: names(&status, |method| method == Method::Passkey),
        factors: names(&status, |method| method != Method::Passkey),
        sessions: sessions.into_iter().map(|session| activity::session(session, request.ctx.now)).collect(),
        events: events.events.into_iter().map(activity::event).collect(),
    })
}

fn names(status: &FactorStatus, is_meant: impl Fn(Method) -> bool) -> Vec<String> {
    let meant = status.factors.iter().filter(|factor| is_meant(factor.method));
    meant.map(|factor| factor.name.as_str().to_owned()).collect()
}

/// Returns the recommended next step.
fn recommended(status: &FactorStatus) -> Option<Recommended> {
    let left = status.recovery_codes.as_ref().map_or(0, |codes| codes.left);
    if status.two_step && !status.factors.is_empty() && left < FEW_CODES {
        return Some(Recommended {
            icon: "key",
            title: "Get new recovery codes",
            text: format!("You have {left} of 10 left. You'll need one if you lose your phone."),
            path: "account/security",
            label: "Get new codes",
        });
    }
    let has_none =
        |(passkeys, _): &(Vec<ListedPasskey>, _)| !passkeys.iter().any(|passkey| passkey.used_for == PasskeyUse::Login);
    status.passkeys.as_ref().is_some_and(has_none).then(|| Recommended {
        icon: "passkey",
        title: "Create a passkey",
        text: "Sign in with your fingerprint, face or screen lock.".to_owned(),
        path: "account/security",
        label: "Add a passkey",
    })
}
