//! Page that creates the first owner, with the setup code that the server printed at start.

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use portcullis_core::{
    Error,
    error::ErrorKind,
    service::{RawField, SignInStep, SignedIn},
};
use serde_json::json;

use super::{
    answer::{bare_frame, go, html},
    sign_in, words,
};
use crate::http::{
    extract::{AdminCookie, AdminDoor, PageForm},
    problem::{ApiError, REFUSED_FORM, status},
    state::AppState,
};

/// Values shown again after an error.
#[derive(Default)]
struct Shown<'a> {
    token: &'a str,
    email: &'a str,
    problem: &'a str,
    /// Errors of the setup code, the address and the password.
    errors: [String; 3],
}

fn page(state: &AppState, code: StatusCode, shown: &Shown<'_>) -> Response {
    let Shown { token, email, problem, errors: [token_error, email_error, password_error] } = shown;
    let is_wrong = code != StatusCode::OK;
    let values = json!({
        "frame": bare_frame(state, ""), "setup_token": token, "email": email, "problem": problem, "is_wrong": is_wrong,
        "token_error": token_error, "email_error": email_error, "password_error": password_error,
    });
    html(state, code, "dash_setup.html", &values)
}

/// Shows the form, or redirects to sign-in if an owner exists.
pub(super) async fn show(State(state): State<AppState>, door: AdminDoor) -> Response {
    match has_owner(&door).await {
        Ok(true) => go(&state, "/sign-in"),
        Ok(false) => page(&state, StatusCode::OK, &Shown::default()),
        Err(error) => ApiError::from(error).into_response(),
    }
}

async fn has_owner(door: &AdminDoor) -> Result<bool, Error> {
    door.administration()?.has_owner().await
}

/// Creates the owner and signs the owner in.
pub(super) async fn set_up(State(state): State<AppState>, door: AdminDoor, PageForm(mut fields): PageForm) -> Response {
    let (token, email, password) = (fields.take("setup_token"), fields.take_address("email"), fields.take("password"));
    let shown = Shown {
        token: token.text().unwrap_or_default().trim(),
        email: email.text().unwrap_or_default(),
        ..Shown::default()
    };
    match make(&door, shown.token, &email, &password).await {
        Ok(()) => match sign_in::begin(&door, &email, &password).await {
            Ok(SignInStep::SignedIn(SignedIn { cookie, lifetime })) => {
                AdminCookie::set(&state, go(&state, ""), &cookie, lifetime)
            }
            Ok(SignInStep::Challenged(_)) | Err(_) => go(&state, "/sign-in"),
        },
        Err(error) => wrong(&state, &error, shown),
    }
}

async fn make(door: &AdminDoor, token: &str, email: &RawField, password: &RawField) -> Result<(), Error> {
    door.administration()?.make_first_owner(token, email, password).await
}

fn wrong(state: &AppState, error: &Error, shown: Shown<'_>) -> Response {
    match error.kind() {
        ErrorKind::BadLink => {
            let text = "This setup code is incorrect, has expired or was used. Restart the server for a new one.";
            page(state, REFUSED_FORM, &Shown { errors: [text.to_owned(), String::new(), String::new()], ..shown })
        }
        ErrorKind::Invalid => {
            let of = |field: &str| {
                let found = error.fields().iter().find(|fault| fault.field == field);
                found.map(|fault| words::fault(fault.code, &fault.detail).to_owned()).unwrap_or_default()
            };
            page(state, REFUSED_FORM, &Shown { errors: [String::new(), of("email"), of("password")], ..shown })
        }
        kind => {
            let text = error.text();
            page(state, status(kind), &Shown { problem: words::problem(error.code(), &text), ..shown })
        }
    }
}
