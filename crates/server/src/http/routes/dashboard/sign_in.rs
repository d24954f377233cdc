//! Sign-in and sign-out of administrators.

use axum::{
    extract::{FromRequestParts, Request, State},
    http::{Method, StatusCode},
    response::{IntoResponse, Response},
};
use portcullis_core::{
    Error,
    error::{ErrorKind, catalogue::PASSWORD_CHANGE_REQUIRED},
    service::{RawField, SecondFactor, SignInStep, SignedIn},
};
use serde_json::{Value, json};
use std::time::Duration;

use super::{
    answer::{bare_frame, go, html},
    desk::api_of,
    posted::Posted,
    proof::code_members,
};
use crate::{
    http::{
        admin_api::{Call, OnBehalf},
        extract::{AdminCookie, AdminDoor, PageForm},
        problem::{ApiError, REFUSED_FORM, WRONG_SIGN_IN, retry_after, status},
        state::AppState,
    },
    templates::in_words,
};

/// Values to redisplay on the page.
#[derive(Default)]
struct Shown<'a> {
    email: &'a str,
    next: &'a str,
    /// Ticket that still requires a code.
    ticket: &'a str,
    problem: String,
    /// Fields that were left empty.
    empty: Vec<&'static str>,
}

fn page(state: &AppState, code: StatusCode, shown: &Shown<'_>) -> Response {
    let Shown { email, next, ticket, problem, empty } = shown;
    let is_wrong = !problem.is_empty() || !empty.is_empty();
    let frame = bare_frame(state, "");
    let values = json!({
        "frame": frame, "email": email, "next": next, "ticket": ticket, "problem": problem, "is_wrong": is_wrong,
        "no_email": empty.contains(&"email"), "no_password": empty.contains(&"password"), "no_code": empty.contains(&"code"),
    });
    html(state, code, "dash_sign_in.html", &values)
}

/// Shows the sign-in page or, until an owner exists, instructions to create the first one.
pub(super) async fn show(State(state): State<AppState>, door: AdminDoor, request: Request) -> Response {
    let has_owner = match door.administration() {
        Ok(administration) => administration.has_owner().await,
        Err(error) => Err(error),
    };
    match has_owner {
        Ok(true) => {}
        Ok(false) => {
            return html(&state, StatusCode::OK, "dash_begin.html", &json!({ "frame": bare_frame(&state, "") }));
        }
        Err(error) => return ApiError::from(error).into_response(),
    }
    let (parts, _) = request.into_parts();
    let query = parts.uri.query().unwrap_or_default();
    let next =
        form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "next").map(|(_, next)| next.into_owned());
    let next = next.filter(|next| is_page(next)).unwrap_or_default();
    if let (Ok(api), Ok(from)) = (api_of(&parts), OnBehalf::of(&parts))
        && api.call(&from, Call::get("/me".to_owned())).await.is_ok()
    {
        return go(&state, &next);
    }
    page(&state, StatusCode::OK, &Shown { next: &next, ..Shown::default() })
}

/// Returns whether a path is below the dashboard.
fn is_page(next: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~?&=%:|".contains(&byte);
    next.starts_with('/') && !next.starts_with("//") && next.len() <= 1000 && next.bytes().all(is_plain)
}

/// Signs an administrator in.
pub(super) async fn sign_in(
    State(state): State<AppState>,
    door: AdminDoor,
    PageForm(mut fields): PageForm,
) -> Response {
    let (email, password) = (fields.take_address("email"), fields.take("password"));
    let (ticket, code, next) = (fields.take_filled("ticket"), fields.take_filled("code"), fields.take("next"));
    let next = next.text().filter(|next| is_page(next)).unwrap_or_default();
    let shown = Shown {
        email: email.text().unwrap_or_default(),
        next,
        ticket: ticket.text().unwrap_or_default(),
        ..Shown::default()
    };
    let has_ticket = !shown.ticket.is_empty();
    let empty: Vec<&str> = match has_ticket {
        true => [("code", &code)].iter().filter(|(_, field)| is_empty(field)).map(|(name, _)| *name).collect(),
        false => {
            let fields = [("email", &email), ("password", &password)];
            fields.iter().filter(|(_, field)| is_empty(field)).map(|(name, _)| *name).collect()
        }
    };
    if !empty.is_empty() {
        return page(&state, REFUSED_FORM, &Shown { empty, ..shown });
    }
    let done = match has_ticket {
        true => complete(&door, &ticket, &code).await.map(SignInStep::SignedIn),
        false => begin(&door, &email, &password).await,
    };
    match done {
        Ok(SignInStep::SignedIn(SignedIn { cookie, lifetime })) => {
            AdminCookie::set(&state, go(&state, next), &cookie, lifetime)
        }
        Ok(SignInStep::Challenged(challenged)) => {
            page(&state, StatusCode::OK, &Shown { ticket: challenged.ticket.expose(), ..shown })
        }
        Err(error) => wrong(&state, &door, &error, shown).await,
    }
}

fn is_empty(field: &RawField) -> bool {
    field.text().is_none_or(|text| text.trim().is_empty())
}

pub(super) async fn begin(door: &AdminDoor, email: &RawField, password: &RawField) -> Result<SignInStep, Error> {
    let none = RawField::Missing;
    let second = SecondFactor { code: &none, kind: &none, remember: &none };
    door.administration()?.begin_sign_in(email, password, second).await
}

async fn complete(door: &AdminDoor, ticket: &RawField, code: &RawField) -> Result<SignedIn, Error> {
    let members = code_members(code);
    let text = |name: &str| members.get(name).and_then(Value::as_str).map_or(RawField::Missing, RawField::from);
    let (code, kind) = (text("code"), text("type"));
    let second = SecondFactor { code: &code, kind: &kind, remember: &RawField::Missing };
    door.administration()?.complete_sign_in(ticket, second).await
}

/// Shows the form again with its errors. If the ticket has expired, the password is requested again.
async fn wrong(state: &AppState, door: &AdminDoor, error: &Error, shown: Shown<'_>) -> Response {
    let kind = error.kind();
    let say = |code, problem: &str| page(state, code, &Shown { problem: problem.to_owned(), ..shown });
    match kind {
        ErrorKind::Limited(wait) => {
            let wait = Duration::from_secs(wait.as_millis().div_ceil(1000) as u64);
            let problem = format!("Too many failed attempts. Try again in {}.", in_words(wait));
            let mut response = say(status(kind), &problem);
            if let Some(wait) = retry_after(kind) {
                response.headers_mut().insert(axum::http::header::RETRY_AFTER, wait);
            }
            response
        }
        _ if kind.is_ours() => say(status(kind), "Sign-in isn't available right now. Try again in a few seconds."),
        _ if error.code() == PASSWORD_CHANGE_REQUIRED.code => {
            say(REFUSED_FORM, "Choose a new password to continue. We've emailed you a link.")
        }
        _ if shown.ticket.is_empty() => {
            say(WRONG_SIGN_IN, "The email or password is incorrect. Try again, or ask another owner for a reset.")
        }
        _ => {
            let is_open = match door.administration() {
                Ok(administration) => administration.sessions().is_open(shown.ticket).await.unwrap_or_default(),
                Err(_) => false,
            };
            if is_open {
                return say(
                    REFUSED_FORM,
                    "That code is incorrect or has expired. Enter the current code from your app.",
                );
            }
            let problem = "Too many wrong codes, or the sign-in timed out. Sign in again.".to_owned();
            page(state, REFUSED_FORM, &Shown { problem, next: shown.next, ..Shown::default() })
        }
    }
}

/// Signs the administrator out.
pub(super) async fn sign_out(State(state): State<AppState>, Posted { desk, .. }: Posted) -> Response {
    // If the session has already ended, the administrator is signed out.
    let _ = desk.call(Call::of(Method::POST, "/sign_out".to_owned(), None)).await;
    AdminCookie::set(&state, go(&state, "/sign-in"), "", Duration::ZERO)
}

/// Redirects the path of the users' sign-in page, which other pages link to, to the administrators' sign-in page.
pub(super) async fn other_name(State(state): State<AppState>, request: Request) -> Response {
    let (mut parts, _) = request.into_parts();
    match AdminDoor::from_request_parts(&mut parts, &state).await {
        Ok(_) => go(&state, "/sign-in"),
        Err(error) => error.into_response(),
    }
}
