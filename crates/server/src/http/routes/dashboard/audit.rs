//! The audit trail and the explanation of rejected requests.

use std::time::Duration;

use axum::{http::Method, response::Response};
use portcullis_core::{
    audit::{Event, Outcome},
    clock::Timestamp,
    id::{RequestId, UserId},
};
use serde_json::{Map, Value, json};

use super::{
    answer::{go, refused, show, show_with},
    desk::Desk,
    posted::Posted,
    subject::segment,
    users::call_line,
    words,
};
use crate::http::{
    admin_api::{Answer, Call},
    problem::REFUSED_FORM,
};

const LIMIT: &str = "50";
/// Filters passed to the API unchanged.
const FILTERS: [&str; 6] = ["user", "event", "outcome", "actor", "request_id", "session"];
const HOUR: u64 = 3600;
/// Time periods offered by the filter.
const PERIODS: [(&str, &str, u64); 4] = [
    ("1h", "Last hour", HOUR),
    ("24h", "Last 24 hours", 24 * HOUR),
    ("7d", "Last 7 days", 7 * 24 * HOUR),
    ("30d", "Last 30 days", 30 * 24 * HOUR),
];
/// Outcomes offered by the filter.
const OUTCOMES: [(&str, &str); 3] =
    [(Outcome::Ok.as_str(), "Done"), (Outcome::Refused.as_str(), "Rejected"), (Outcome::Failed.as_str(), "Failed")];
const NO_IDENTIFIER: &str = "Invalid identifier. Copy it from a page, a response or the log.";

/// Returns the query parameters to keep when paging. A period is replaced by its start, because cursors are bound to
/// the filters.
fn kept(desk: &Desk) -> Vec<(&'static str, String)> {
    let mut kept: Vec<(&str, String)> = Vec::new();
    kept.extend(desk.realm().map(|realm| ("realm", realm.to_owned())));
    kept.extend(FILTERS.iter().filter_map(|name| Some((*name, desk.parameter(name)?.to_owned()))));
    let named = desk.parameter("time").and_then(|word| PERIODS.iter().find(|(known, _, _)| *known == word));
    let from = named.map(|(_, _, seconds)| {
        let millis = i64::try_from(Duration::from_secs(*seconds).as_millis()).unwrap_or_default();
        Timestamp::from_millis(desk.from.ctx().now.millis() - millis).to_string()
    });
    kept.extend(from.or_else(|| desk.parameter("from").map(str::to_owned)).map(|from| ("from", from)));
    kept.extend(desk.parameter("to").map(|to| ("to", to.to_owned())));
    kept
}

fn encoded<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

fn with(kept: &[(&'static str, String)], more: &[(&str, &str)]) -> String {
    encoded(kept.iter().map(|(name, value)| (*name, value.as_str())).chain(more.iter().copied()))
}

/// Shows a page of the trail, with at most one row expanded.
pub(super) async fn list(desk: Desk) -> Response {
    let kept = kept(&desk);
    let mut sent = kept.clone();
    sent.extend(desk.parameter("cursor").map(|cursor| ("cursor", cursor.to_owned())));
    let call = format!("/audit?{}", with(&sent, &[("limit", LIMIT)]));
    match desk.call(Call::get(call.clone())).await {
        Ok(answer) => show(&desk, "dash_audit.html", "audit", values(&desk, &kept, &answer.body, (&call, ""))),
        Err(answer) if answer.faults().next().is_some() => {
            let empty = json!({ "items": [], "next": null, "prev": null, "complete": true });
            let values = values(&desk, &kept, &empty, (&call, &fault(&answer)));
            show_with(&desk, answer.status, "dash_audit.html", ("audit", values))
        }
        Err(answer) => refused(&desk, &answer),
    }
}

fn fault(answer: &Answer) -> String {
    let fault = answer.faults().next().map(|(field, code, detail)| match field {
        "user" => "Your role can see the events of one user at a time. Search for a user first.".to_owned(),
        "realm" => "Choose a realm first.".to_owned(),
        _ => words::fault(code, detail).to_owned(),
    });
    fault.unwrap_or_else(|| words::problem(answer.code(), answer.text("detail")).to_owned())
}

fn values(desk: &Desk, kept: &[(&'static str, String)], answer: &Value, (call, problem): (&str, &str)) -> Value {
    let mut filter = Map::new();
    for name in FILTERS.into_iter().chain(["time", "realm"]) {
        filter.insert(name.to_owned(), json!(desk.parameter(name).unwrap_or_default()));
    }
    let chip = |(name, value): &(&'static str, String)| {
        let others: Vec<_> = kept.iter().filter(|(other, _)| other != name).cloned().collect();
        json!({ "name": name, "value": value, "without": with(&others, &[]) })
    };
    let place = |member: &str| match answer.get(member).and_then(Value::as_str) {
        Some(cursor) => json!(with(kept, &[("cursor", cursor)])),
        None => Value::Null,
    };
    let mut events: Vec<&str> = Event::ALL.iter().map(|event| event.as_str()).collect();
    events.sort_unstable();
    let here: Vec<(&str, &str)> = desk.parameter("cursor").map(|cursor| ("cursor", cursor)).into_iter().collect();
    json!({
        "answer": answer, "filter": filter, "problem": problem, "open": desk.parameter("open").unwrap_or_default(),
        "chips": kept.iter().map(chip).collect::<Vec<_>>(), "here": with(kept, &here),
        "newer": place("prev"), "older": place("next"), "events": events, "outcomes": OUTCOMES,
        "periods": PERIODS.map(|(word, label, _)| (word, label)), "calls": [call_line(desk, call)],
    })
}

/// Searches by address. The address is part of the body, never of a URL.
pub(super) async fn search(Posted { desk, mut fields }: Posted) -> Response {
    let (given, kind) = (fields.take("q"), fields.take("kind"));
    let realm = fields.take_filled("realm").text().map(str::to_owned).or_else(|| desk.realm().map(str::to_owned));
    let text = given.text().map(str::trim).unwrap_or_default();
    let realm = realm.unwrap_or_default();
    let in_realm = Some(("realm", realm.as_str())).filter(|(_, realm)| !realm.is_empty());
    let named = named(kind.text(), text);
    if text.is_empty() || named.is_some() {
        let query = encoded(in_realm.into_iter().chain(named));
        return go(&desk.state, &format!("/audit?{query}"));
    }
    let empty = || json!({ "items": [], "next": null, "prev": null, "complete": true });
    if !text.contains('@') && kind.text() != Some("email") {
        let values = values(&desk, &[], &empty(), ("/audit", NO_IDENTIFIER));
        return show_with(&desk, REFUSED_FORM, "dash_audit.html", ("audit", values));
    }
    let mut body = json!({ "email": text, "limit": 50 });
    if let (Some((_, realm)), Some(body)) = (in_realm, body.as_object_mut()) {
        body.insert("realm".to_owned(), json!(realm));
    }
    match desk.call(Call::of(Method::POST, "/audit/search".to_owned(), Some(body))).await {
        Ok(answer) => {
            let mut values = values(&desk, &[], &answer.body, ("/audit/search", ""));
            leave_out_places(&mut values);
            show(&desk, "dash_audit.html", "audit", values)
        }
        Err(answer) if ["admin.sign_in", "mfa.required"].contains(&answer.code()) => refused(&desk, &answer),
        Err(answer) => {
            let values = values(&desk, &[], &empty(), ("/audit/search", &fault(&answer)));
            show_with(&desk, answer.status, "dash_audit.html", ("audit", values))
        }
    }
}

/// Returns the filter for an entered identifier. Only valid identifiers may appear in a URL. An address may not,
/// regardless of the selected kind.
fn named<'a>(kind: Option<&str>, text: &'a str) -> Option<(&'static str, &'a str)> {
    match kind {
        Some("request_id") => RequestId::parse(text).map(|_| ("request_id", text)),
        Some("user") => UserId::parse(text).map(|_| ("user", text)),
        _ => None,
    }
    .filter(|_| !text.contains('@'))
}

/// Removes links to rows and other pages, because a search has no URL.
fn leave_out_places(values: &mut Value) {
    if let Some(values) = values.as_object_mut() {
        values.extend(
            [("newer", Value::Null), ("older", Value::Null), ("here", Value::Null)]
                .map(|(name, value)| (name.to_owned(), value)),
        );
    }
}

/// Shows the decision about a request.
pub(super) async fn why(desk: Desk) -> Response {
    let call = format!("/why/{}", segment(desk.part("id")));
    match desk.call(Call::get(call.clone())).await {
        Ok(answer) => {
            let values = json!({ "why": answer.body, "calls": [call_line(&desk, &call)] });
            show(&desk, "dash_why.html", "audit", values)
        }
        Err(answer) => refused(&desk, &answer),
    }
}
