//! Lists of users and invitations, and user search.

use std::time::Duration;

use axum::{http::Method, response::Response};
use serde_json::{Map, Value, json};

use super::{
    answer::{go, not_found, show, show_with},
    desk::Desk,
    posted::Posted,
    subject::segment,
    words,
};
use crate::http::{admin_api::Call, problem::REFUSED_FORM};

/// Number of users per page. Same as in the API.
const LIMIT: u32 = 50;
const DAY: u64 = 24 * 3600;
/// Registration periods offered by the filter.
const CREATED: [(&str, u64); 4] = [("1d", DAY), ("7d", 7 * DAY), ("30d", 30 * DAY), ("90d", 90 * DAY)];

/// Redirects to the users of the only realm, or shows a choice of realms.
pub(super) async fn choose(desk: Desk) -> Response {
    match desk.realms.as_slice() {
        [only] => go(&desk.state, &format!("/realms/{}/users", segment(only))),
        _ => go(&desk.state, "/realms"),
    }
}

/// Converts the filters of the page to those of the API.
fn filters(desk: &Desk) -> Vec<(&'static str, String)> {
    let names = ["id", "status", "role", "two_step", "cursor"];
    let mut filters: Vec<(&str, String)> =
        names.iter().filter_map(|name| Some((*name, desk.parameter(name)?.to_owned()))).collect();
    let created = desk.parameter("created").and_then(|word| CREATED.iter().find(|(known, _)| *known == word));
    if let Some((_, seconds)) = created {
        // Rounded to a whole day, because the cursor of the next page is bound to the filter.
        let today = desk.from.ctx().now.day();
        let from = today.millis() - i64::try_from(Duration::from_secs(*seconds).as_millis()).unwrap_or_default();
        filters.push(("created_after", portcullis_core::clock::Timestamp::from_millis(from).to_string()));
    }
    filters
}

fn query(pairs: &[(&str, String)]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("limit", &LIMIT.to_string());
    query.extend_pairs(pairs.iter().map(|(name, value)| (*name, value.as_str())));
    query.finish()
}

/// Returns the query of another page of the list: the same filters with another cursor.
fn place(desk: &Desk, names: &[&str], cursor: &Value) -> Value {
    let Some(cursor) = cursor.as_str() else { return Value::Null };
    let mut query = form_urlencoded::Serializer::new(String::new());
    for name in names {
        if let Some(value) = desk.parameter(name) {
            query.append_pair(name, value);
        }
    }
    json!(query.append_pair("cursor", cursor).finish())
}

/// Filters of the page.
const NAMES: [&str; 5] = ["id", "status", "role", "two_step", "created"];

/// Shows a page of users.
pub(super) async fn list(desk: Desk) -> Response {
    let Some(realm) = desk.realm().map(str::to_owned) else { return not_found() };
    let filters = filters(&desk);
    let call = format!("/realms/{}/users?{}", segment(&realm), query(&filters));
    let answer = match desk.get(&call).await {
        Ok(answer) => answer,
        Err(page) => return page,
    };
    let shown: Map<String, Value> =
        NAMES.iter().map(|name| ((*name).to_owned(), json!(desk.parameter(name).unwrap_or_default()))).collect();
    let is_filtered = NAMES.iter().any(|name| desk.parameter(name).is_some());
    let values = json!({
        "answer": answer, "filter": shown, "is_filtered": is_filtered, "search": "", "kind": "",
        "newer": place(&desk, &NAMES, answer.get("prev").unwrap_or(&Value::Null)),
        "older": place(&desk, &NAMES, answer.get("next").unwrap_or(&Value::Null)),
        "calls": [call_line(&desk, &call)],
    });
    show(&desk, "dash_users.html", "users", values)
}

/// Shows a page of invitations.
pub(super) async fn invitations(desk: Desk) -> Response {
    let Some(realm) = desk.realm().map(str::to_owned) else { return not_found() };
    let mut filters = vec![("status", "invited".to_owned())];
    filters.extend(desk.parameter("cursor").map(|cursor| ("cursor", cursor.to_owned())));
    let call = format!("/realms/{}/users?{}", segment(&realm), query(&filters));
    match desk.get(&call).await {
        Ok(answer) => {
            let older = place(&desk, &[], answer.get("next").unwrap_or(&Value::Null));
            let newer = place(&desk, &[], answer.get("prev").unwrap_or(&Value::Null));
            let values =
                json!({ "answer": answer, "older": older, "newer": newer, "calls": [call_line(&desk, &call)] });
            show(&desk, "dash_invitations.html", "invitations", values)
        }
        Err(page) => page,
    }
}

/// Searches for the submitted text. It is part of the body, never of a URL.
pub(super) async fn search(Posted { desk, mut fields }: Posted) -> Response {
    let Some(realm) = desk.realm().map(str::to_owned) else { return not_found() };
    let given = fields.take("q");
    let text = given.text().map(str::trim).unwrap_or_default();
    let users = format!("/realms/{}/users", segment(&realm));
    let kind = kind_of(text);
    match kind {
        "" => return go(&desk.state, &users),
        "id" => return go(&desk.state, &format!("{users}?id={}", segment(text))),
        _ => {}
    }
    let mut body = Map::from_iter([(kind.to_owned(), json!(text)), ("limit".to_owned(), json!(LIMIT))]);
    if let Some(cursor) = fields.take_filled("cursor").text() {
        body.insert("cursor".to_owned(), json!(cursor));
    }
    let body = Value::Object(body);
    let call = Call::of(Method::POST, format!("{users}/search"), Some(body.clone()));
    let none: Map<String, Value> = NAMES.iter().map(|name| ((*name).to_owned(), json!(""))).collect();
    let values = |answer: Value, problem: &str| {
        let quoted = body.to_string().replace('\'', r"'\''");
        let line = format!("{} --json '{quoted}'", call_line(&desk, &format!("{users}/search")));
        json!({
            "answer": answer, "filter": none, "is_filtered": true, "search": text, "kind": kind, "problem": problem,
            "newer": null, "older": null, "calls": [line],
        })
    };
    match desk.call(call).await {
        Ok(answer) => show(&desk, "dash_users.html", "users", values(answer.body.clone(), "")),
        Err(answer) if ["admin.sign_in", "not_found", "mfa.required"].contains(&answer.code()) => {
            super::answer::refused(&desk, &answer)
        }
        Err(answer) => {
            let fault = answer.faults().next().map(|(_, code, detail)| words::fault(code, detail).to_owned());
            let problem = fault.unwrap_or_else(|| words::problem(answer.code(), answer.text("detail")).to_owned());
            let status = if answer.faults().next().is_some() { REFUSED_FORM } else { answer.status };
            let empty = json!({ "items": [], "next": null });
            show_with(&desk, status, "dash_users.html", ("users", values(empty, &problem)))
        }
    }
}

/// Returns the API parameter for a search text, or an empty string if the text is empty.
fn kind_of(text: &str) -> &'static str {
    let is_id = text.len() == 26 && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    let is_number = text.starts_with('+') && text.bytes().filter(u8::is_ascii_digit).count() >= 6;
    let is_address = text.rsplit_once('@').is_some_and(|(local, domain)| !local.is_empty() && domain.contains('.'));
    match text {
        "" => "",
        _ if is_id => "id",
        _ if is_number => "phone",
        _ if is_address && !text.contains(' ') => "email",
        _ => "q",
    }
}

/// Returns the API call behind the page as a shell command.
pub(super) fn call_line(desk: &Desk, path: &str) -> String {
    format!("curl -H \"Authorization: Bearer $ADMIN_KEY\" '{}/v1/admin{path}'", desk.state.info.base_url)
}
