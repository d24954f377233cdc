//! `signin/link`: an identity whose user must be asked before it is linked.

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use portcullis_core::{
    error::{ErrorKind, catalogue::IDENTITY_TAKEN},
    federation::PendingIdentity,
    service::{Question, Viewer},
};
use serde::{Deserialize, Serialize};

use super::{
    answer::{go, show},
    factor::start_again,
    social,
};
use crate::{
    http::{
        extract::{Carried, Continue, DeviceCookie, PageForm, Says, Visit},
        openapi::RealmPath,
        problem::ApiError,
        state::AppState,
    },
    templates::pages::{Gate, SigninLink},
};

/// Identity that waits for its user.
#[derive(Serialize, Deserialize)]
struct Linking {
    pending: PendingIdentity,
    question: Question,
}

impl Carried for Linking {
    const NAME: &'static str = "linking";
}

/// Token of a mailed link, taken out of the URL that the mail had.
#[derive(Serialize, Deserialize)]
struct Mailed {
    token: String,
}

impl Carried for Mailed {
    const NAME: &'static str = "mailed";
}

/// Goes to the page with an identity.
pub(super) fn begin(state: &AppState, visit: &Visit, pending: PendingIdentity, question: Question) -> Response {
    visit.carry(state, "signin/link", &Linking { pending, question }, &[])
}

/// The page that links an account at a provider
///
/// Names both accounts, and asks.
#[utoipa::path(get, path = "/v1/{realm}/signin/link", tag = "Pages", params(RealmPath), responses((status = 200, description = "HTML", content_type = "text/html", body = String)))]
pub(crate) async fn form(State(state): State<AppState>, visit: Visit) -> Response {
    if let Some(token) = visit.parameter("token") {
        return match visit.request.federation().offered_link(token, visit.browser()).await {
            Ok(_) => visit.carry(&state, "signin/link", &Mailed { token: token.to_owned() }, &[]),
            Err(error) => ApiError::from(error).into_response(),
        };
    }
    if let Some(mailed) = visit.carried::<Mailed>() {
        let offered = visit.request.federation().offered_link(&mailed.token, visit.browser()).await;
        return match offered {
            Ok((pending, email)) => show(&state, &visit, &page(&visit, &pending, "mailed", &email, "")),
            Err(error) => ApiError::from(error).into_response(),
        };
    }
    let Some(linking) = visit.carried::<Linking>() else { return start_again(&state, &visit, "timed_out") };
    let (stage, email) = stage(&visit, &linking);
    let problem = if visit.parameter("problem") == Some("taken") { "taken" } else { "" };
    show(&state, &visit, &page(&visit, &linking.pending, stage, &email, problem))
}

/// Returns what the page asks, and the address that it names.
fn stage(visit: &Visit, linking: &Linking) -> (&'static str, String) {
    let proved = linking.pending.proved_email().map(str::to_owned);
    match &visit.viewer {
        Some(viewer) => {
            let own = viewer.account().profile.email.as_str().to_owned();
            let is_of_other = linking.question == Question::Taken && proved.is_some_and(|proved| proved != own);
            (if is_of_other { "other" } else { "confirm" }, own)
        }
        None if visit.parameter("done") == Some("sent") => ("sent", proved.unwrap_or_default()),
        None => match linking.question {
            Question::Taken => ("known", proved.unwrap_or_default()),
            Question::Address => ("address", proved.unwrap_or_default()),
            Question::Fields => ("fields", proved.unwrap_or_default()),
        },
    }
}

fn page(
    visit: &Visit,
    pending: &PendingIdentity,
    stage: &'static str,
    email: &str,
    problem: &'static str,
) -> SigninLink {
    let provider = visit.request.federation().provider(&pending.provider);
    let action = match visit.parameter(Mailed::NAME) {
        Some(mailed) => visit.link("signin/link", &[(Mailed::NAME, mailed)]),
        None => visit.link("signin/link", &[(Linking::NAME, visit.parameter(Linking::NAME).unwrap_or_default())]),
    };
    SigninLink {
        gate: Gate { query: visit.query(&[]), action, problem, ..Gate::default() },
        stage,
        provider: provider.map_or_else(|| pending.provider.clone(), |provider| provider.label.clone()),
        called: pending.called().unwrap_or_default().to_owned(),
        email: email.to_owned(),
        signin: visit.detour("signin", &back(visit)),
    }
}

/// Returns this page as the end of a sign-in.
fn back(visit: &Visit) -> Continue {
    Continue::Page(format!("signin/link?{}={}", Linking::NAME, visit.parameter(Linking::NAME).unwrap_or_default()))
}

/// Link an account at a provider
///
/// By the signed-in user, or by the mailed link.
#[utoipa::path(post, path = "/v1/{realm}/signin/link", tag = "Pages", params(RealmPath), responses((status = 303, description = "HTML", content_type = "text/html", body = String)))]
pub(crate) async fn link(
    State(state): State<AppState>,
    visit: Visit,
    device: DeviceCookie,
    PageForm(fields): PageForm,
) -> Response {
    if let Some(mailed) = visit.carried::<Mailed>() {
        return follow(&state, &visit, &device, &mailed.token).await;
    }
    let Some(linking) = visit.carried::<Linking>() else { return start_again(&state, &visit, "timed_out") };
    match (fields.peek("action"), &visit.viewer) {
        (Some("link"), Some(viewer)) => confirm(&state, &visit, viewer, &linking.pending).await,
        (Some("send"), None) => match visit.request.federation().mail_link(&linking.pending, visit.browser()).await {
            Ok(()) => here(&visit, &[("done", "sent")]),
            Err(error) => ApiError::from(error).into_response(),
        },
        _ => here(&visit, &[]),
    }
}

async fn follow(state: &AppState, visit: &Visit, device: &DeviceCookie, token: &str) -> Response {
    let devices = [device.value()];
    let federation = visit.request.browser_federation();
    let offered = federation.offered_link(token, visit.browser()).await;
    let (pending, email) = match offered {
        Ok(offered) => offered,
        Err(error) => return ApiError::from(error).into_response(),
    };
    match federation.follow_link(token, visit.browser(), &devices).await {
        Ok(entry) => social::enter(state, visit, device, entry, (&pending.provider, &email)).await,
        Err(error) => ApiError::from(error).into_response(),
    }
}

/// Links the identity to the signed-in user, who authenticates again first if that was long ago.
async fn confirm(state: &AppState, visit: &Visit, viewer: &Viewer, pending: &PendingIdentity) -> Response {
    let sessions = visit.request.sessions();
    let linked = async {
        let owner = sessions.require_owner(viewer.clone()).await?;
        visit.request.federation().link(&owner, pending).await
    };
    match linked.await {
        Ok(()) => visit.say_at(state, "account/security", Says::Done("linked")),
        Err(error) if matches!(error.kind(), ErrorKind::Stale { .. }) => {
            go(visit.detour("signin/confirm", &back(visit)))
        }
        Err(error) if error.code() == IDENTITY_TAKEN.code => here(visit, &[("problem", "taken")]),
        Err(error) => ApiError::from(error).into_response(),
    }
}

fn here(visit: &Visit, more: &[(&str, &str)]) -> Response {
    let carried = [(Linking::NAME, visit.parameter(Linking::NAME).unwrap_or_default())];
    go(visit.link("signin/link", &[&carried, more].concat()))
}
