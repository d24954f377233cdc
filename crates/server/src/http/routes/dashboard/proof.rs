//! Re-authentication as part of a form, so that the other fields are not lost.

use axum::http::Method;
use portcullis_core::{link::TypedCode, service::RawField};
use serde_json::{Map, Value, json};

use super::{act::Wrong, desk::Desk, words};
use crate::http::{
    admin_api::{Answer, Call},
    extract::Fields,
};

/// Fields used to authenticate again.
pub(super) const FIELDS: [&str; 2] = ["current_password", "code"];

/// Authenticates the session again if the form contains a password or code.
///
/// # Errors
/// Returns the validation errors if authentication fails.
pub(super) async fn take(desk: &Desk, fields: &mut Fields) -> Result<(), Wrong> {
    let [password, code] = FIELDS.map(|name| fields.take_filled(name));
    if matches!((&password, &code), (RawField::Missing, RawField::Missing)) {
        return Ok(());
    }
    let mut body = Map::new();
    if let Some(password) = password.text() {
        body.insert("current_password".to_owned(), json!(password));
    }
    body.extend(code_members(&code));
    match desk.call(Call::of(Method::POST, "/me/step_up".to_owned(), Some(Value::Object(body)))).await {
        Ok(_) => Ok(()),
        Err(answer) => Err(wrong(&answer)),
    }
}

/// Returns the members of an API call for a second-factor code. Six digits are a TOTP code, anything else is a
/// recovery code.
pub(super) fn code_members(code: &RawField) -> Map<String, Value> {
    let Some(text) = code.text() else { return Map::new() };
    let kind = if TypedCode::parse(text).is_some() { "totp" } else { "recovery_code" };
    Map::from_iter([("code".to_owned(), json!(text.trim())), ("type".to_owned(), json!(kind))])
}

fn wrong(answer: &Answer) -> Wrong {
    let field = |name: &str, text: &str| Wrong {
        fields: vec![(name.to_owned(), text.to_owned())],
        needs_proof: true,
        ..Wrong::default()
    };
    match answer.code() {
        "password.wrong" => field("current_password", "Your current password is incorrect"),
        "mfa.required" => field("code", "Enter the 6-digit code"),
        "mfa.invalid" => field("code", words::WRONG_CODE),
        code => Wrong {
            problem: words::problem(code, answer.text("detail")).to_owned(),
            needs_proof: true,
            ..Wrong::default()
        },
    }
}
