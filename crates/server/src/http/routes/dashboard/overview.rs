//! The start page, and the menu for small screens.

use axum::response::Response;
use serde_json::{Map, Value, json};

use super::{
    answer::{go, not_found, show},
    charts::{self, Period},
    desk::Desk,
    subject::segment,
    users::call_line,
    words,
};

/// Parts of the overview and the API calls that provide them.
const PARTS: &[(&str, &str)] =
    &[("nodes", "/nodes"), ("dead", "/outbox?state=dead&limit=50"), ("recent", "/audit?limit=8")];
/// Periods of the figures, in days.
const PERIODS: [(i64, &str); 3] = [(7, "7 days"), (30, "30 days"), (90, "90 days")];
const USUAL_PERIOD: i64 = 30;

/// Returns the period of the page, and the call for its figures, which also need the period before.
fn period(desk: &Desk) -> (i64, String) {
    let asked = desk.parameter("days").and_then(|days| days.parse().ok());
    let days = asked.filter(|days| PERIODS.iter().any(|(known, _)| known == days)).unwrap_or(USUAL_PERIOD);
    let realm = desk.realm().map(|realm| format!("&realm={}", segment(realm))).unwrap_or_default();
    (days, format!("/stats?from={}{realm}", charts::first_day(desk.from.ctx().now, days)))
}

/// Shows figures, the servers and recent events.
pub(super) async fn page(desk: Desk) -> Response {
    let mut calls = vec![call_line(&desk, "/realms")];
    let mut parts = Map::new();
    for (name, path) in PARTS {
        // The role `support` can only read the events of one user at a time.
        let is_asked = *name != "recent" || desk.can().sees_all_events();
        let answer = if is_asked { desk.get_if_allowed(path).await } else { None };
        if let Some(answer) = answer {
            calls.push(call_line(&desk, path));
            parts.insert((*name).to_owned(), answer);
        } else {
            parts.insert((*name).to_owned(), Value::Null);
        }
    }
    let (days, call) = period(&desk);
    let stats = desk.get_if_allowed(&call).await;
    if stats.is_some() {
        calls.push(call_line(&desk, &call));
    }
    let shown = stats.map(|answer| Period::read(&answer, desk.from.ctx().now, days).shown());
    parts.extend([
        ("stats".to_owned(), shown.unwrap_or(Value::Null)),
        ("period".to_owned(), json!(days)),
        ("periods".to_owned(), json!(PERIODS)),
        ("calls".to_owned(), json!(calls)),
    ]);
    show(&desk, "dash_overview.html", "overview", Value::Object(parts))
}

/// Redirects the page of a realm to its users.
pub(super) async fn of_realm(desk: Desk) -> Response {
    let Some(realm) = desk.realm() else { return not_found() };
    let done = desk
        .parameter("done")
        .filter(|word| words::done(word).is_some())
        .map(|done| format!("?done={done}"))
        .unwrap_or_default();
    go(&desk.state, &format!("/realms/{}/users{done}", segment(realm)))
}

/// Shows the menu as a page.
pub(super) async fn menu(desk: Desk) -> Response {
    show(&desk, "dash_menu.html", "menu", json!({}))
}
