//! Selects the routes in the description, and the server used in its examples.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::http::state::ServerInfo;

/// Tags of routes for browsers and developers. Generated clients do not need them.
const LEFT_OUT: [&str; 2] = ["Pages", "Development"];
/// Prefix of a schema reference.
const SCHEMAS: &str = "#/components/schemas/";
/// Server and realm in the examples of the source.
const EXAMPLE: (&str, &str) = ("http://localhost:8000", "User1");

/// Removes routes that do not belong to the API, and schemas used only by them.
pub(super) fn keep_api(document: &mut Value) {
    if let Some(paths) = document.get_mut("paths").and_then(Value::as_object_mut) {
        for item in paths.values_mut().filter_map(Value::as_object_mut) {
            item.retain(|_, operation| !is_left_out(operation));
        }
        paths.retain(|_, item| item.as_object().is_some_and(|item| !item.is_empty()));
    }
    loop {
        let mut used = BTreeSet::new();
        references(document, &mut used);
        let schemas = document.pointer_mut("/components/schemas").and_then(Value::as_object_mut);
        let Some(schemas) = schemas.filter(|schemas| schemas.keys().any(|name| !used.contains(name))) else { return };
        schemas.retain(|name, _| used.contains(name));
    }
}

fn is_left_out(operation: &Value) -> bool {
    let tags = operation.get("tags").and_then(Value::as_array).into_iter().flatten();
    tags.filter_map(Value::as_str).any(|tag| LEFT_OUT.contains(&tag))
}

/// Collects the names of all referenced schemas.
fn references(value: &Value, names: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            let name = members.get("$ref").and_then(Value::as_str).and_then(|to| to.strip_prefix(SCHEMAS));
            names.extend(name.map(str::to_owned));
            members.values().for_each(|member| references(member, names));
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, names)),
        _ => {}
    }
}

/// Replaces the example server and realm in all texts and examples with those of this server.
pub(super) fn name_server(value: &mut Value, info: &ServerInfo) {
    match value {
        Value::String(text) => {
            if !info.first_realm.is_empty() && text.contains(EXAMPLE.1) {
                *text = text.replace(EXAMPLE.1, &info.first_realm);
            }
            if info.root.contains("://") && text.contains(EXAMPLE.0) {
                *text = text.replace(EXAMPLE.0, &info.root);
            }
        }
        Value::Object(members) => members.values_mut().for_each(|member| name_server(member, info)),
        Value::Array(items) => items.iter_mut().for_each(|item| name_server(item, info)),
        _ => {}
    }
}
