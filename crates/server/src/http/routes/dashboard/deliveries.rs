//! Pending and abandoned messages.

use axum::response::Response;
use serde_json::{Map, Value, json};

use super::{
    act,
    answer::{not_found, refused, show, show_with},
    can::Need,
    desk::Desk,
    form::{Form, More, Verb},
    posted::Posted,
    subject::{Subject, segment},
    users::call_line,
    words,
};
use crate::http::admin_api::Call;

const LIMIT: &str = "50";
const PAGE: &str = "/deliveries";
/// Filters that the page hands to the API as they are.
const FILTERS: [&str; 3] = ["user", "state", "channel"];
const STATES: [(&str, &str); 3] = [("waiting", "Waiting"), ("retrying", "Retrying"), ("dead", "Abandoned")];
const CHANNELS: [(&str, &str); 2] = [("mail", "Email"), ("sms", "Text message")];

/// A form about a message.
const fn form_of(name: &'static str, method: Verb, call: &'static str) -> Form {
    Form {
        name,
        need: Need::Manage,
        method,
        call,
        title: "",
        lead: "",
        button: "",
        inputs: &[],
        always: &[],
        more: More::NONE,
        done: "",
    }
}

static FORMS: &[Form] = &[
    Form {
        title: "Send it now",
        lead: "The message is sent immediately, with the same link or code.",
        button: "Retry",
        done: "retried",
        ..form_of("retry", Verb::Post, "/retry")
    },
    Form {
        title: "Drop message",
        lead: "It won't be sent, and it can't be restored. The user can request another one.",
        button: "Drop message",
        more: More { is_danger: true, removes: true, ..More::NONE },
        done: "dropped",
        ..form_of("drop", Verb::Delete, "")
    },
];

/// Returns the query of the list with these parameters more.
fn query(desk: &Desk, more: &[(&str, &str)]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(desk.realm().map(|realm| ("realm", realm)));
    query.extend_pairs(FILTERS.iter().filter_map(|name| Some((*name, desk.parameter(name)?))));
    query.extend_pairs(more);
    query.finish()
}

/// Shows a page of messages.
pub(super) async fn list(desk: Desk) -> Response {
    let mut sent = vec![("limit", LIMIT)];
    sent.extend(desk.parameter("cursor").map(|cursor| ("cursor", cursor)));
    let call = format!("/outbox?{}", query(&desk, &sent));
    match desk.call(Call::get(call.clone())).await {
        Ok(answer) => show(&desk, "dash_deliveries.html", "deliveries", values(&desk, &answer.body, (&call, ""))),
        Err(answer) if answer.faults().next().is_some() => {
            let fault = answer.faults().next().map(|(_, code, detail)| words::fault(code, detail).to_owned());
            let empty = json!({ "items": [], "next": null, "prev": null });
            let values = values(&desk, &empty, (&call, &fault.unwrap_or_default()));
            show_with(&desk, answer.status, "dash_deliveries.html", ("deliveries", values))
        }
        Err(answer) => refused(&desk, &answer),
    }
}

fn values(desk: &Desk, answer: &Value, (call, problem): (&str, &str)) -> Value {
    let filter: Map<String, Value> =
        FILTERS.iter().map(|name| ((*name).to_owned(), json!(desk.parameter(name).unwrap_or_default()))).collect();
    let is_filtered = desk.realm().is_some() || FILTERS.iter().any(|name| desk.parameter(name).is_some());
    let mut messages = answer.get("items").and_then(Value::as_array).cloned().unwrap_or_default();
    for message in &mut messages {
        let realm = message.get("realm").and_then(Value::as_str).unwrap_or_default();
        let can_change = desk.can_in(realm).meet(Need::Manage);
        if let Some(message) = message.as_object_mut() {
            message.insert("can_change".to_owned(), json!(can_change));
        }
    }
    let place = |member: &str| match answer.get(member).and_then(Value::as_str) {
        Some(cursor) => json!(query(desk, &[("cursor", cursor)])),
        None => Value::Null,
    };
    json!({
        "messages": messages, "filter": filter, "is_filtered": is_filtered, "problem": problem, "states": STATES,
        "channels": CHANNELS, "newer": place("prev"), "older": place("next"), "calls": [call_line(desk, call)],
    })
}

/// Returns the form of the path, and the message that it is about.
fn of_path(desk: &Desk) -> Option<(&'static Form, Subject)> {
    let form = FORMS.iter().find(|form| form.name == desk.part("form"))?;
    let api = format!("/outbox/{}", segment(desk.part("id")));
    let (page, list) = (PAGE.to_owned(), PAGE.to_owned());
    Some((form, Subject { api, page, list, section: "deliveries", now: json!({}), name: String::new() }))
}

/// Shows a form about a message.
pub(super) async fn form(desk: Desk) -> Response {
    match of_path(&desk) {
        Some((form, subject)) => act::form(&desk, form, &subject),
        None => not_found(),
    }
}

/// Does what a form about a message is for.
pub(super) async fn act(Posted { desk, fields }: Posted) -> Response {
    match of_path(&desk) {
        Some((form, subject)) => act::act(&desk, form, &subject, fields).await,
        None => not_found(),
    }
}
