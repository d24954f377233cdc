//! Account of the signed-in administrator.

use axum::{
    http::{Method, StatusCode},
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value, json};

use super::{
    answer::{refused, show, show_with},
    desk::Desk,
    posted::Posted,
    users::call_line,
    words,
};
use crate::http::{
    admin_api::{Answer, Call},
    extract::Fields,
    problem::{ApiError, REFUSED_FORM},
    qr,
};

/// Shows the administrator's own account.
pub(super) async fn page(desk: Desk) -> Response {
    let values = json!({ "answer": desk.me, "calls": [call_line(&desk, "/me")] });
    show(&desk, "dash_account.html", "account", values)
}

/// Explains two-step verification, with a button to set it up.
pub(super) async fn two_step(desk: Desk) -> Response {
    show(&desk, "dash_two_step.html", "account", begin_values(&desk, "", ""))
}

fn begin_values(desk: &Desk, problem: &str, password_error: &str) -> Value {
    // Until the second factor is set up, no realm is visible and no other page is allowed.
    let is_required = desk.realms.is_empty();
    json!({ "offer": null, "is_required": is_required, "problem": problem, "password_error": password_error, "needs_password": !password_error.is_empty() })
}

/// Generates a secret for an authenticator app, or turns on two-step verification with a code.
pub(super) async fn set_up(Posted { desk, mut fields }: Posted) -> Response {
    match fields.take_filled("enrolment").text() {
        Some(enrolment) => confirm(&desk, enrolment, &mut fields).await,
        None => begin(&desk, &mut fields).await,
    }
}

async fn begin(desk: &Desk, fields: &mut Fields) -> Response {
    let mut body = Map::new();
    if let Some(password) = fields.take_filled("current_password").text() {
        body.insert("current_password".to_owned(), json!(password));
    }
    let call = Call::of(Method::POST, "/me/mfa/totp".to_owned(), Some(Value::Object(body)));
    match desk.call(call).await {
        Ok(answer) => offer(desk, StatusCode::OK, answer.body, ""),
        Err(answer) => {
            let values = match answer.code() {
                "auth.stale" => begin_values(desk, "", "Enter your password to continue"),
                "password.wrong" => begin_values(desk, "", "Your current password is incorrect"),
                "admin.sign_in" => return refused(desk, &answer),
                code => begin_values(desk, words::problem(code, answer.text("detail")), ""),
            };
            show_with(desk, REFUSED_FORM, "dash_two_step.html", ("account", values))
        }
    }
}

/// Shows the secret as QR code and as text.
fn offer(desk: &Desk, status: StatusCode, offer: Value, code_error: &str) -> Response {
    let uri = offer.get("uri").and_then(Value::as_str).unwrap_or_default();
    let qr = match qr::svg(uri) {
        Ok(qr) => qr,
        Err(error) => return ApiError::from(error).into_response(),
    };
    let secret = offer.get("secret").and_then(Value::as_str).unwrap_or_default();
    let values = json!({ "offer": offer, "qr": qr, "secret": qr::in_fours(secret), "code_error": code_error, "is_required": desk.realms.is_empty() });
    show_with(desk, status, "dash_two_step.html", ("account", values))
}

async fn confirm(desk: &Desk, enrolment: &str, fields: &mut Fields) -> Response {
    let plain = |field: &str, fields: &mut Fields| fields.take(field).text().unwrap_or_default().to_owned();
    let code = plain("code", fields);
    let (uri, secret) = (plain("uri", fields), plain("secret", fields));
    let body = json!({ "enrolment": enrolment, "code": code });
    let call = Call::of(Method::POST, "/me/mfa/totp/confirm".to_owned(), Some(body));
    match desk.call(call).await {
        Ok(answer) => show(desk, "dash_codes.html", "account", json!({ "codes": answer.body.get("recovery_codes") })),
        Err(answer) if answer.code() == "admin.sign_in" => refused(desk, &answer),
        Err(answer) => {
            let shown = json!({ "enrolment": enrolment, "uri": uri, "secret": secret });
            offer(desk, REFUSED_FORM, shown, wrong(&answer))
        }
    }
}

fn wrong(answer: &Answer) -> &str {
    match answer.code() {
        "mfa.invalid" => words::WRONG_CODE,
        "validation" | "request.invalid" => "Enter the 6-digit code",
        _ if answer.faults().next().is_some() => "Enter the 6-digit code",
        _ => answer.text("detail"),
    }
}
