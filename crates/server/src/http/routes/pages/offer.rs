use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use portcullis_core::{Error, factor::passkey::PasskeyUse};

use super::{
    account::{Making, codes, make_passkey},
    answer::{show, show_with},
    confirm::person,
    passkey::Ability,
};
use crate::{
    http::{
        extract::{PageForm, Says, SignedIn, Turned, Visit},
        openapi::RealmPath,
        problem::{ApiError, REFUSED_FORM},
        redirect::go,
        state::AppState,
    },
    templates::pages::{Gate, SigninPasskey},
};

/// Minimum number of days between two offers in a browser.
const DAYS: i64 = 30;
/// Maximum number of offers a user can decline. After that there are no more.
const MAX: u8 = 3;

/// Number of declined offers in this browser, and the day of the last one.
#[derive(Clone, Copy, Debug, Default)]
struct NotNow {
    times: u8,
    day: Option<i64>,
}

impl NotNow {
    /// Parses the cookie. An invalid value is treated as absent.
    fn of(visit: &Visit) -> Self {
        let parts = visit.not_now.as_deref().and_then(|text| text.split_once('.'));
        let parsed = parts.and_then(|(times, day)| Some((times.parse().ok()?, day.parse().ok()?)));
        parsed.map_or_else(Self::default, |(times, day)| Self { times, day: Some(day) })
    }

    fn today(visit: &Visit) -> i64 {
        visit.request.ctx.now.millis() / 86_400_000
    }

    fn is_due(self, today: i64) -> bool {
        self.times < MAX && self.day.is_none_or(|day| today.saturating_sub(day) >= DAYS)
    }

    fn set(self, state: &AppState, visit: &Visit, response: &mut Response) {
        visit.set_not_now(state, response, &format!("{}.{}", self.times, self.day.unwrap_or_default()));
    }
}

/// Returns whether to offer a passkey after a sign-in: the browser supports passkeys and was not asked recently.
pub(super) fn is_due(visit: &Visit, ability: Ability) -> bool {
    ability == Ability::Platform
        && visit.request.second_factors().has_passkeys()
        && NotNow::of(visit).is_due(NotNow::today(visit))
}

/// Redirects to the passkey offer if it is due, otherwise to the target of the sign-in.
pub(super) fn or_go_on(visit: &Visit, ability: Ability) -> Response {
    if is_due(visit, ability) { go(visit.link("signin/passkey", &[])) } else { visit.go_on() }
}

/// Offer a passkey
///
/// Shown after a sign-in if the account has no passkey. Redirects otherwise.
#[utoipa::path(get, path = "/v1/{realm}/signin/passkey", tag = "Pages", params(RealmPath), responses((status = 200, description = "HTML", content_type = "text/html", body = String)))]
pub(crate) async fn form(State(state): State<AppState>, signed_in: SignedIn) -> Response {
    let visit = &signed_in.visit;
    if visit.done(&["created"]) == "created" {
        return show(&state, visit, &page(&signed_in, Gate { done: "created", ..Gate::default() }));
    }
    match has_none(&signed_in).await {
        Ok(true) => {}
        Ok(false) => return visit.go_on(),
        Err(error) => return ApiError::from(error).into_response(),
    }
    let mut response = show(&state, visit, &page(&signed_in, Gate::default()));
    NotNow { day: Some(NotNow::today(visit)), ..NotNow::of(visit) }.set(&state, visit, &mut response);
    response
}

/// Returns whether the account can add its first passkey now: it has none, and the user has just signed in.
async fn has_none(signed_in: &SignedIn) -> Result<bool, Error> {
    let request = &signed_in.visit.request;
    let Ok(owner) = signed_in.owner().await else { return Ok(false) };
    let Some((passkeys, _)) = request.second_factors().status(&signed_in.viewer).await?.passkeys else {
        return Ok(false);
    };
    Ok(request.sessions().is_fresh(&owner) && !passkeys.iter().any(|passkey| passkey.used_for == PasskeyUse::Login))
}

fn page(signed_in: &SignedIn, gate: Gate) -> SigninPasskey {
    // The page redirects once a passkey exists.
    let action = signed_in.visit.link("signin/passkey", &[]);
    SigninPasskey { gate: Gate { action, ..gate }, user: person(signed_in) }
}

/// Accept or decline the offered passkey
///
/// A browser that has declined three times is not asked again.
#[utoipa::path(post, path = "/v1/{realm}/signin/passkey", tag = "Pages", params(RealmPath), responses((status = 303, description = "HTML", content_type = "text/html", body = String)))]
pub(crate) async fn answer(
    State(state): State<AppState>,
    signed_in: SignedIn,
    PageForm(mut fields): PageForm,
) -> Result<Response, Turned> {
    let visit = &signed_in.visit;
    if fields.peek("action") == Some("deny") {
        let (before, mut response) = (NotNow::of(visit), visit.go_on());
        let times = before.times.saturating_add(1);
        NotNow { times, day: Some(NotNow::today(visit)) }.set(&state, visit, &mut response);
        return Ok(response);
    }
    match make_passkey(&signed_in, &mut fields, PasskeyUse::Login).await? {
        Making::Options(options) => Ok(options),
        Making::Added(added) => {
            let done = match &added.recovery_codes {
                Some(made) => codes(&state, &signed_in, made.expose()),
                None => visit.say(&state, "signin/passkey", Says::Done("created")),
            };
            Ok(signed_in.with_cookie(&state, done, added.cookie.as_ref()))
        }
        Making::Refused(gate) => Ok(show_with(&state, visit, REFUSED_FORM, &page(&signed_in, gate))),
    }
}
