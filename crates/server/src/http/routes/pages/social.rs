//! Browser sign-in with another provider: the redirect to the provider, and the callback.

use std::collections::HashMap;

use axum::{
    extract::{Path, State},
    http::{StatusCode, header::LOCATION},
    response::{IntoResponse, Response},
};
use portcullis_core::{
    Error,
    error::catalogue::{ACCOUNT_LOCKED, PASSWORD_CHANGE_REQUIRED},
    federation::{FlowPurpose, ListedIdentity},
    service::{Callback, Entry, RawField, Returned, Viewer},
};

use super::{
    authorize,
    enter::{self, Way},
    link,
    passkey::Ability,
    signin, signup,
};
use crate::{
    http::{
        extract::{Browser, DeviceCookie, FlowCookies, FormBody, Providing, Says, SkipOnHead, Visit},
        logins::counted_return,
        openapi::RealmPath,
        problem::ApiError,
        redirect::go,
        state::AppState,
    },
    templates::pages,
};

/// Parameter of a flow started by a signed-in user, and its purpose: re-authentication, or linking an account.
const FOR: &str = "for";
const CONFIRM: &str = "confirm";
const LINK: &str = "link";

type PathOf = Path<HashMap<String, String>>;

fn name_of(path: &PathOf) -> &str {
    path.get("provider").map(String::as_str).unwrap_or_default()
}

/// Returns the provider buttons for sign-in and sign-up.
pub(super) fn ways(visit: &Visit) -> Vec<pages::Way> {
    let providers = visit.request.federation().providers().iter().filter(|provider| provider.is_for_browsers());
    let way = |provider: &portcullis_core::federation::Provider| pages::Way {
        name: provider.name.clone().into(),
        label: provider.label.clone(),
        icon: provider.preset.as_str(),
        href: visit.link(&format!("social/{}/start", provider.name), &[]),
        ..pages::Way::default()
    };
    providers.map(way).collect()
}

/// Returns the buttons for re-authentication of a signed-in user: providers with a linked account.
pub(super) async fn ways_to_confirm(visit: &Visit, viewer: &Viewer) -> Result<Vec<pages::Way>, Error> {
    let identities = visit.request.federation().identities(viewer).await?;
    let has_one = |way: &pages::Way| identities.iter().any(|identity| identity.provider == way.name);
    Ok(ways(visit).into_iter().filter(has_one).map(|way| begun_for(visit, CONFIRM, way)).collect())
}

/// Returns the buttons for providers that are not linked to the signed-in user's account yet.
pub(super) fn ways_to_link(visit: &Visit, identities: &[ListedIdentity]) -> Vec<pages::Way> {
    let has_one = |way: &pages::Way| identities.iter().any(|identity| identity.provider == way.name);
    ways(visit).into_iter().filter(|way| !has_one(way)).map(|way| begun_for(visit, LINK, way)).collect()
}

fn begun_for(visit: &Visit, purpose: &'static str, way: pages::Way) -> pages::Way {
    let path = format!("social/{}/start", way.name);
    pages::Way { href: visit.link(&path, &[(FOR, purpose)]), ..way }
}

/// Returns the label of the provider named in the URL, for which the sign-in failed.
pub(super) fn named(visit: &Visit) -> String {
    let name = visit.parameter("provider").unwrap_or_default();
    let provider = visit.request.federation().provider(name);
    provider.map(|provider| provider.label.clone()).unwrap_or_default()
}

/// Sign in with a provider
///
/// Redirects to the provider, which redirects back to `callback`.
#[utoipa::path(get, path = "/v1/{realm}/social/{provider}/start", tag = "Pages", params(RealmPath, ("provider" = String, Path)), responses((status = 302, description = "Redirect to the provider")))]
pub(crate) async fn start(
    State(state): State<AppState>,
    Providing(visit): Providing,
    flows: FlowCookies,
    (browser, _): (Browser, SkipOnHead),
    path: PathOf,
) -> Response {
    let (provider, federation) = (name_of(&path), visit.request.federation());
    // An application may name the provider. Its request is checked as at `authorize`.
    let is_own = ["continue", "link", FOR].iter().any(|name| visit.parameter(name).is_some());
    let for_client = visit.parameter("client_id").is_some() && !is_own;
    if for_client && visit.viewer.is_some() {
        // In a signed-in browser, `authorize` asks the user. The session is kept.
        return match authorize::carried(&state, &visit).await {
            Ok(next) => {
                next.led_to(&state, &visit, go(format!("{}?continue={}", visit.path("authorize"), next.sealed)))
            }
            Err(answer) => answer,
        };
    }
    let purpose = match (visit.parameter("link"), visit.parameter(FOR), &visit.viewer) {
        (Some(link), ..) => match federation.use_link_url(provider, link).await {
            Ok(purpose) => purpose,
            Err(error) => return ApiError::from(error).into_response(),
        },
        // Another site must not sign a browser in, so the user has to press the button.
        _ if browser.is_cross_site() && !for_client && federation.provider(provider).is_some() => {
            return go(visit.link("signin", &[]));
        }
        (None, Some(CONFIRM), Some(viewer)) => FlowPurpose::StepUp { user: viewer.account().id.to_string() },
        (None, Some(LINK), Some(viewer)) => FlowPurpose::Link { user: viewer.account().id.to_string() },
        (None, Some(CONFIRM | LINK), None) => return go(visit.link("signin", &[])),
        _ => FlowPurpose::Login,
    };
    let asked = match for_client {
        true => match authorize::carried(&state, &visit).await {
            Ok(asked) => Some(asked),
            Err(answer) => return answer,
        },
        false => None,
    };
    let next = match &asked {
        Some(asked) => Some(asked.sealed.as_str()),
        None => visit.parameter("continue").filter(|_| visit.next().is_some()),
    };
    let begun = match federation.begin(provider, purpose, FlowCookies::short(next)).await {
        Ok(begun) => begun,
        Err(error) => return ApiError::from(error).into_response(),
    };
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(&begun.parameters).finish();
    let joint = if begun.endpoint.contains('?') { '&' } else { '?' };
    let mut response = (StatusCode::FOUND, [(LOCATION, format!("{}{joint}{query}", begun.endpoint))]).into_response();
    let (id, value) = &begun.cookie;
    flows.add(&state, &mut response, (id, value), next);
    match asked {
        Some(asked) => asked.led_to(&state, &visit, response),
        None => response,
    }
}

/// Receive a provider's form response
///
/// Browsers send no cookies with a cross-site form, so this redirects to the GET route.
#[utoipa::path(post, path = "/v1/{realm}/social/{provider}/callback", tag = "Pages", params(RealmPath, ("provider" = String, Path)), responses((status = 303, description = "Redirect to the same path with GET")))]
pub(crate) async fn come_back_by_form(
    Providing(visit): Providing,
    path: PathOf,
    FormBody(fields): FormBody,
) -> Response {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for name in ["code", "state", "iss", "error"] {
        query.extend_pairs(fields.peek(name).map(|value| (name, value)));
    }
    let federation = visit.request.federation();
    let suggested = fields.peek("state").zip(fields.peek("user"));
    let suggested = suggested.and_then(|(state, user)| federation.suggestion(state, user));
    query.extend_pairs(suggested.map(|sealed| ("suggested", sealed)));
    let location = format!("{}?{}", visit.path(&format!("social/{}/callback", name_of(&path))), query.finish());
    go(location)
}

/// Receive a provider's response
///
/// Signs in, or asks for what is missing.
#[utoipa::path(get, path = "/v1/{realm}/social/{provider}/callback", tag = "Pages", params(RealmPath, ("provider" = String, Path)), responses((status = 303, description = "Redirect to the next page")))]
pub(crate) async fn come_back(
    State(state): State<AppState>,
    Providing(mut visit): Providing,
    flows: FlowCookies,
    device: DeviceCookie,
    path: PathOf,
) -> Response {
    let provider = name_of(&path);
    let asked = visit.parameter("state").map(str::to_owned);
    let mut id = String::new();
    let open = visit.request.federation().open_flow(provider, asked.as_deref(), |name| {
        id = name.to_owned();
        flows.value(name)
    });
    let open = match open {
        Ok(open) => open,
        Err(error) => return ApiError::from(error).into_response(),
    };
    let parameter = |name: &str| visit.parameter(name).map(str::to_owned);
    let (code, iss, error) = (parameter("code"), parameter("iss"), parameter("error"));
    let suggested = parameter("suggested");
    let callback = Callback {
        code: code.as_deref(),
        iss: iss.as_deref(),
        error: error.as_deref(),
        suggested: suggested.as_deref(),
    };
    // The flow was started by this browser.
    let device = device.of_flow();
    let devices = [device.value()];
    let ended = counted_return(visit.request.browser_federation().end(&open, &callback, &devices).await);
    visit.resume(flows.next(&id).as_deref().or(open.next()));
    let mut response = answer(&state, &visit, &device, provider, ended).await;
    flows.forget(&state, &mut response, &id);
    response
}

async fn answer(
    state: &AppState,
    visit: &Visit,
    device: &DeviceCookie,
    provider: &str,
    ended: Result<Returned, Error>,
) -> Response {
    match ended {
        Ok(Returned::Entered { entry, email }) => {
            enter(state, visit, device, entry, (provider, email.as_deref().unwrap_or_default())).await
        }
        Ok(Returned::Pending(pending, question)) => link::begin(state, visit, pending, question),
        Ok(Returned::SignupClosed) => signup::closed(state, visit),
        Ok(Returned::Refused) => {
            let signin = visit.link("signin", &[("provider", provider)]);
            visit.saying(state, Says::Problem("provider"), |said| go(format!("{signin}&{said}")))
        }
        Ok(Returned::OtherAccount) => visit.say(state, "signin/confirm", Says::Problem("other_account")),
        Err(error) => refuse(state, visit, error),
    }
}

/// Responds to a login rejected because of the account's state, like the sign-in page.
pub(super) fn refuse(state: &AppState, visit: &Visit, error: Error) -> Response {
    let problem = [(ACCOUNT_LOCKED, "locked"), (PASSWORD_CHANGE_REQUIRED, "compromised")];
    match problem.into_iter().find(|(refusal, _)| refusal.code == error.code()) {
        Some((_, problem)) => visit.say(state, "signin", Says::Problem(problem)),
        None => ApiError::from(error).into_response(),
    }
}

/// Continues after a login with a provider: redirects to the page for the second factor or to the target of the
/// sign-in.
pub(super) async fn enter(
    state: &AppState,
    visit: &Visit,
    device: &DeviceCookie,
    entry: Entry,
    (provider, email): (&str, &str),
) -> Response {
    match entry {
        Entry::LoggedIn(done) => {
            let way = Way { name: provider, keep: false };
            enter::enter(state, visit, device, done, (way, visit.go_on())).await
        }
        Entry::Challenged(challenged) => {
            signin::ask(state, visit, challenged, &RawField::from(email), (false, Ability::default())).await
        }
    }
}
