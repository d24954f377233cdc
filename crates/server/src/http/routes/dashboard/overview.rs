//! The start page, and the menu for small screens.

use axum::response::Response;
use serde_json::{Map, Value, json};

use super::{
    answer::{go, not_found, show},
    desk::Desk,
    subject::segment,
    users::call_line,
    words,
};

/// Parts of the overview and the API calls that provide them.
const PARTS: &[(&str, &str)] = &[("nodes", "/nodes"), ("recent", "/audit?limit=8")];

/// Shows the servers and recent events.
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
    parts.insert("calls".to_owned(), json!(calls));
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
