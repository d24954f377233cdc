//! The settings of the server, or those of a realm.

use axum::response::Response;
use serde_json::{Value, json};

use super::{answer::show, desk::Desk, subject::segment, users::call_line};

/// Shows the settings that match, those that differ from the default first.
pub(super) async fn page(desk: Desk) -> Response {
    let (call, member) = match desk.realm() {
        Some(realm) => (format!("/realms/{}", segment(realm)), "policy"),
        None => ("/settings".to_owned(), "items"),
    };
    let answer = match desk.get(&call).await {
        Ok(answer) => answer,
        Err(page) => return page,
    };
    let search = desk.parameter("q").unwrap_or_default().trim();
    let wanted = search.to_lowercase();
    let mut settings: Vec<Value> = answer.get(member).and_then(Value::as_array).cloned().unwrap_or_default();
    settings.retain(|setting| ["name", "doc"].iter().any(|part| text(setting, part).to_lowercase().contains(&wanted)));
    for setting in &mut settings {
        let differs = is_configured(setting);
        if let Some(setting) = setting.as_object_mut() {
            setting.insert("differs".to_owned(), json!(differs));
        }
    }
    settings.sort_by_key(|setting| !is_configured(setting));
    let values = json!({ "settings": settings, "search": search, "calls": [call_line(&desk, &call)] });
    show(&desk, "dash_settings.html", "settings", values)
}

fn text<'a>(setting: &'a Value, part: &str) -> &'a str {
    setting.get(part).and_then(Value::as_str).unwrap_or_default()
}

/// Returns whether a setting was set to a value other than the default.
fn is_configured(setting: &Value) -> bool {
    let source = text(setting, "source");
    let is_set = !["default", "derived"].contains(&source) && !source.starts_with("not set");
    is_set && text(setting, "value") != text(setting, "default")
}
