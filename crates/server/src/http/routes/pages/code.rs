//! `signin/code`: sign-in by a mailed code, or by the link in the same mail.

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use portcullis_core::{
    Error,
    error::{
        ErrorKind,
        catalogue::{ACCOUNT_LOCKED, FIELD_MISSING},
    },
    service::{Entry, FieldErrors, RawField},
};
use serde::{Deserialize, Serialize};

use super::{
    answer::{Typed, again, show, show_with},
    enter::{Way, enter},
    factor::start_again,
    mailed::{self, Mailed},
    passkey::Ability,
    resend, signin,
};
use crate::{
    http::{
        extract::{Carried, DeviceCookie, Fields, PageForm, Visit},
        logins::counted_entry,
        openapi::RealmPath,
        problem::{self, ApiError, REFUSED_FORM},
        state::AppState,
    },
    templates::pages::{Gate, SigninCode},
};

const PAGE: &str = "signin/code";

/// Reason why a code is rejected.
const WRONG: &str = "That code is incorrect or has expired. Request a new one.";

/// Requested code, which the page carries in its URL.
#[derive(Serialize, Deserialize)]
struct Requested {
    handle: String,
    /// As it was typed.
    email: String,
    is_again: bool,
}

impl Carried for Requested {
    const NAME: &'static str = "sent";
}

/// Returns the path of the page, if users can sign in by email.
pub(super) fn path(visit: &Visit) -> String {
    if visit.request.realm.policy.email_signin { visit.link(PAGE, &[]) } else { String::new() }
}

/// The page for an emailed code
///
/// Asks for the address, then for the code. With the token of an emailed link, it shows a button that signs in.
#[utoipa::path(get, path = "/v1/{realm}/signin/code", tag = "Pages", params(RealmPath), responses((status = 200, description = "HTML", content_type = "text/html", body = String)))]
pub(crate) async fn form(State(state): State<AppState>, visit: Visit) -> Response {
    if !visit.request.realm.policy.email_signin {
        return ApiError::from(Error::not_found()).into_response();
    }
    if let Some(token) = visit.parameter("token") {
        return match visit.request.sessions().check_signin_link(token).await {
            Ok(_) => visit.carry(&state, PAGE, &Mailed { token: token.to_owned() }, &[]),
            Err(error) => spent(&state, &visit, error),
        };
    }
    if let Some(mailed) = visit.carried::<Mailed>() {
        return match visit.request.sessions().check_signin_link(&mailed.token).await {
            Ok(link) => show(&state, &visit, &page(&visit, ("link", link.profile.email.as_str()), Gate::default())),
            Err(error) => spent(&state, &visit, error),
        };
    }
    match visit.carried::<Requested>() {
        Some(requested) => {
            let done = if requested.is_again { "sent" } else { "" };
            show(&state, &visit, &page(&visit, ("code", &requested.email), Gate { done, ..Gate::default() }))
        }
        None => show(&state, &visit, &page(&visit, ("address", ""), Gate::default())),
    }
}

/// Says that a link is used or expired.
fn spent(state: &AppState, visit: &Visit, error: Error) -> Response {
    if error.kind() != ErrorKind::BadLink {
        return ApiError::from(error).into_response();
    }
    show_with(state, visit, problem::status(error.kind()), &page(visit, ("spent", ""), Gate::default()))
}

fn page(visit: &Visit, (stage, email): (&'static str, &str), gate: Gate) -> SigninCode {
    let action = match stage {
        "link" => mailed::path::<Mailed>(visit, PAGE, &[]),
        "code" => mailed::path::<Requested>(visit, PAGE, &[]),
        _ => visit.link(PAGE, &[]),
    };
    SigninCode { gate: Gate { query: visit.query(&[]), action, ..gate }, stage, email: email.to_owned() }
}

/// Sign in by email
///
/// Sends a code, or signs in with the code or the emailed link.
#[utoipa::path(post, path = "/v1/{realm}/signin/code", tag = "Pages", params(RealmPath), responses((status = 303, description = "HTML", content_type = "text/html", body = String)))]
pub(crate) async fn sign_in(
    State(state): State<AppState>,
    mut visit: Visit,
    cookie: DeviceCookie,
    PageForm(mut fields): PageForm,
) -> Response {
    if !visit.request.realm.policy.email_signin {
        return ApiError::from(Error::not_found()).into_response();
    }
    if let Some(mailed) = visit.carried::<Mailed>() {
        return follow(&state, &mut visit, &cookie, &mailed.token).await;
    }
    let requested = visit.carried::<Requested>();
    match (fields.peek("action"), requested) {
        (Some("send"), requested) => send(&state, &visit, &mut fields, requested.map(|sent| sent.email)).await,
        (_, Some(requested)) => redeem(&state, &visit, &cookie, &mut fields, &requested).await,
        (_, None) => start_again(&state, &visit, "timed_out"),
    }
}

/// Sends a code to the entered address, or another one to the previous address.
async fn send(state: &AppState, visit: &Visit, fields: &mut Fields, before: Option<String>) -> Response {
    let typed = Typed::of(fields, &["email"]);
    let is_again = before.is_some();
    let email = before.map_or_else(|| resend::address(fields), |email| RawField::from(&*email));
    match visit.request.accounts().request_signin_code(&email).await {
        Ok(started) => {
            let email = email.text().unwrap_or_default().trim().to_owned();
            let requested = Requested { handle: started.handle.expose().to_owned(), email, is_again };
            let mut response = visit.carry(state, PAGE, &requested, &[]);
            visit.remember_code(state, &mut response, &started.challenge);
            response
        }
        Err(error) => again(state, visit, error, (Gate::default(), &typed), |gate| page(visit, ("address", ""), gate)),
    }
}

async fn redeem(
    state: &AppState,
    visit: &Visit,
    cookie: &DeviceCookie,
    fields: &mut Fields,
    requested: &Requested,
) -> Response {
    let stage = ("code", requested.email.as_str());
    let (handle, code, devices) = (RawField::from(&*requested.handle), fields.take_filled("code"), [cookie.value()]);
    if matches!(code, RawField::Missing) {
        let mut errors = FieldErrors::default();
        errors.add(FIELD_MISSING.of("code"));
        return again(state, visit, errors.into_error(), (Gate::default(), &Typed::default()), |gate| {
            page(visit, stage, gate)
        });
    }
    let entered = visit.request.browser_sessions(false).redeem_signin_code(&handle, &code, &devices).await;
    match counted_entry(entered) {
        Ok(entry) => go_on(state, visit, cookie, entry, &requested.email).await,
        Err(error) if error.kind() == ErrorKind::BadLink => {
            let gate = Gate { errors: vec![("code", WRONG.to_owned())], ..Gate::default() };
            show_with(state, visit, REFUSED_FORM, &page(visit, stage, gate))
        }
        Err(error) if error.code() == ACCOUNT_LOCKED.code => start_again(state, visit, "locked"),
        Err(error) => again(state, visit, error, (Gate::default(), &Typed::default()), |gate| page(visit, stage, gate)),
    }
}

/// Signs in with an emailed link. Only the browser that requested the email continues to the destination of its
/// sign-in.
async fn follow(state: &AppState, visit: &mut Visit, cookie: &DeviceCookie, token: &str) -> Response {
    let devices = [cookie.value()];
    let link = match visit.request.sessions().check_signin_link(token).await {
        Ok(link) => link,
        Err(error) => return spent(state, visit, error),
    };
    visit.resume_code(&link.challenge);
    match counted_entry(visit.request.browser_sessions(false).follow_signin_link(token, &devices).await) {
        Ok(entry) => go_on(state, visit, cookie, entry, link.profile.email.as_str()).await,
        Err(error) if error.code() == ACCOUNT_LOCKED.code => start_again(state, visit, "locked"),
        Err(error) => spent(state, visit, error),
    }
}

async fn go_on(state: &AppState, visit: &Visit, cookie: &DeviceCookie, entry: Entry, email: &str) -> Response {
    match entry {
        Entry::LoggedIn(done) => {
            enter(state, visit, cookie, done, (Way { name: "code", keep: false }, visit.go_on())).await
        }
        Entry::Challenged(challenged) => {
            signin::ask(state, visit, challenged, &RawField::from(email), (false, Ability::default())).await
        }
    }
}
