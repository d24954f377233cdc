//! `signin/link`: asks the user before an identity is linked.

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
    answer::show,
    complete,
    factor::start_again,
    mailed::{self, Mailed},
    social,
};
use crate::{
    http::{
        extract::{Carried, Continue, DeviceCookie, FlowCookies, PageForm, Providing, Says, Visit, is_carried},
        logins::counted_entry,
        openapi::RealmPath,
        problem::ApiError,
        redirect::go,
        state::AppState,
    },
    templates::pages::{Gate, SigninLink},
};

pub(super) const PAGE: &str = "signin/link";

/// An identity that requires a decision by the user.
#[derive(Serialize, Deserialize)]
pub(super) struct Linking {
    pub(super) pending: PendingIdentity,
    pub(super) question: Question,
}

impl Carried for Linking {
    const NAME: &'static str = "linking";
}

/// Redirects to the page that asks the required question.
pub(super) fn begin(state: &AppState, visit: &Visit, pending: PendingIdentity, question: Question) -> Response {
    let linking = Linking { pending, question };
    let page = if complete::is_asked_here(visit, &linking) { complete::PAGE } else { PAGE };
    visit.carry(state, page, &linking, &[])
}

/// Returns the display name of a provider.
pub(super) fn label(visit: &Visit, pending: &PendingIdentity) -> String {
    let provider = visit.request.federation().provider(&pending.provider);
    provider.map_or_else(|| pending.provider.clone(), |provider| provider.label.clone())
}

/// Show the page to link an account at a provider
///
/// Shows both accounts and asks for confirmation.
#[utoipa::path(get, path = "/v1/{realm}/signin/link", tag = "Pages", params(RealmPath), responses((status = 200, description = "HTML", content_type = "text/html", body = String)))]
pub(crate) async fn form(State(state): State<AppState>, Providing(visit): Providing, flows: FlowCookies) -> Response {
    if let Some(token) = visit.parameter("token") {
        return match visit.request.federation().offered_link(token, &flows.values()).await {
            Ok(_) => visit.carry(&state, PAGE, &Mailed { token: token.to_owned() }, &[]),
            Err(error) => ApiError::from(error).into_response(),
        };
    }
    if let Some(mailed) = visit.carried::<Mailed>() {
        let offered = visit.request.federation().offered_link(&mailed.token, &flows.values()).await;
        return match offered {
            Ok((pending, email)) => show(&state, &visit, &page(&visit, &pending, "mailed", &email, "")),
            Err(error) => ApiError::from(error).into_response(),
        };
    }
    let Some(linking) = visit.carried::<Linking>() else { return start_again(&state, &visit, "timed_out") };
    if visit.viewer.is_none() && linking.question == Question::Own {
        return go(visit.detour("signin", &back(&visit)));
    }
    if visit.viewer.is_none() && complete::is_asked_here(&visit, &linking) {
        return go(mailed::path::<Linking>(&visit, complete::PAGE, &[]));
    }
    let (stage, email) = stage(&visit, &linking);
    let problem = if visit.parameter("problem") == Some("taken") { "taken" } else { "" };
    show(&state, &visit, &page(&visit, &linking.pending, stage, &email, problem))
}

/// Returns the question on the page, and the address shown in it.
fn stage(visit: &Visit, linking: &Linking) -> (&'static str, String) {
    let proved = linking.pending.proved_email().map(str::to_owned);
    match &visit.viewer {
        Some(viewer) => {
            let own = viewer.account().profile.email.as_str().to_owned();
            let is_of_other = linking.question == Question::Taken && proved.is_some_and(|proved| proved != own);
            let stage = if linking.pending.is_of_other(&viewer.account().id) {
                "not_yours"
            } else if is_of_other {
                "other"
            } else {
                "confirm"
            };
            (stage, own)
        }
        None if visit.parameter("done") == Some("sent") => ("sent", proved.unwrap_or_default()),
        None => match linking.question {
            Question::Taken | Question::Own => ("known", proved.unwrap_or_default()),
            Question::Address | Question::Fields => ("address", proved.unwrap_or_default()),
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
    let action = mailed::action::<Linking>(visit, PAGE);
    SigninLink {
        gate: Gate { query: visit.query(&[]), action, problem, ..Gate::default() },
        stage,
        provider: label(visit, pending),
        called: pending.called(),
        email: email.to_owned(),
        signin: visit.detour("signin", &back(visit)),
    }
}

/// Returns this page as the target of a sign-in.
pub(super) fn back(visit: &Visit) -> Continue {
    let linking = visit.parameter(Linking::NAME).filter(|text| is_carried(text)).unwrap_or_default();
    let page = format!("signin/link?{}={linking}", Linking::NAME);
    match visit.next() {
        Some(Continue::Authorize(request)) => Continue::Before(page, request),
        _ => Continue::Page(page),
    }
}

/// Link an account at a provider
///
/// For a signed-in user, or with an emailed link.
#[utoipa::path(post, path = "/v1/{realm}/signin/link", tag = "Pages", params(RealmPath), responses((status = 303, description = "HTML", content_type = "text/html", body = String)))]
pub(crate) async fn link(
    State(state): State<AppState>,
    Providing(visit): Providing,
    device: DeviceCookie,
    flows: FlowCookies,
    PageForm(fields): PageForm,
) -> Response {
    if let Some(mailed) = visit.carried::<Mailed>() {
        return follow(&state, &visit, (&device, &flows), &mailed.token).await;
    }
    let Some(linking) = visit.carried::<Linking>() else { return start_again(&state, &visit, "timed_out") };
    match (fields.peek("action"), &visit.viewer) {
        (Some("link"), Some(viewer)) => confirm(&state, &visit, viewer, &linking).await,
        (Some("send"), None) => match visit.request.federation().mail_link(&linking.pending).await {
            Ok(cookie) => {
                let mut response = here(&visit, &[("done", "sent")]);
                flows.add_link(&state, &mut response, &cookie);
                response
            }
            Err(error) => ApiError::from(error).into_response(),
        },
        _ => here(&visit, &[]),
    }
}

async fn follow(
    state: &AppState,
    visit: &Visit,
    (device, flows): (&DeviceCookie, &FlowCookies),
    token: &str,
) -> Response {
    let (devices, browser) = ([device.value()], flows.values());
    let federation = visit.request.browser_federation();
    let offered = federation.offered_link(token, &browser).await;
    let (pending, email) = match offered {
        Ok(offered) => offered,
        Err(error) => return ApiError::from(error).into_response(),
    };
    match counted_entry(federation.follow_link(token, &browser, &devices).await) {
        Ok(entry) => social::enter(state, visit, device, entry, (&pending.provider, &email)).await,
        Err(error) => social::refuse(state, visit, error),
    }
}

/// Links the identity to the signed-in user. Requires a recent login.
async fn confirm(state: &AppState, visit: &Visit, viewer: &Viewer, linking: &Linking) -> Response {
    let sessions = visit.request.sessions();
    let linked = async {
        let owner = sessions.require_owner(viewer.clone()).await?;
        visit.request.federation().link(&owner, &linking.pending, linking.question).await
    };
    match linked.await {
        // The application waits for its answer.
        Ok(()) if visit.is_for_client() => visit.go_on(),
        Ok(()) => visit.say_at(state, "account/security", Says::Done("linked")),
        Err(error) if matches!(error.kind(), ErrorKind::Stale { .. }) => {
            go(visit.detour("signin/confirm", &back(visit)))
        }
        Err(error) if error.code() == IDENTITY_TAKEN.code => here(visit, &[("problem", "taken")]),
        Err(error) => ApiError::from(error).into_response(),
    }
}

fn here(visit: &Visit, more: &[(&str, &str)]) -> Response {
    go(mailed::path::<Linking>(visit, PAGE, more))
}
