//! Examples of complete bodies, composed from the examples of their fields.

use serde_json::{Map, Value, json};

/// Examples of bodies that are not JSON.
const TEXTS: &[(&str, &str)] = &[
    ("text/html", "<!doctype html>\n<html lang=\"en\">…</html>"),
    ("text/css", "body { margin: 0; }"),
    ("text/javascript", "document.title;"),
    ("text/event-stream", "data: changed\n\n"),
];

/// Adds an example to every body that has none.
pub(super) fn complete(bodies: &mut Map<String, Value>, components: &Value) {
    for (content_type, body) in bodies {
        let Some(body) = body.as_object_mut() else { continue };
        if body.contains_key("example") || body.contains_key("examples") {
            continue;
        }
        let text = TEXTS.iter().find(|(known, _)| known == content_type).map(|(_, text)| json!(text));
        let example = text.or_else(|| sample(body.get("schema")?, components));
        if let Some(example) = example {
            body.insert("example".to_owned(), example);
        }
    }
}

/// Builds a value for this schema from the examples of its fields. Fields without an example are omitted.
fn sample(schema: &Value, components: &Value) -> Option<Value> {
    if let Some(name) = schema.get("$ref").and_then(Value::as_str) {
        return sample(components.pointer(name.strip_prefix("#/components")?)?, components);
    }
    if let Some(example) = schema.get("example").or_else(|| schema.pointer("/examples/0")) {
        return Some(example.clone());
    }
    if let Some(items) = schema.get("items") {
        return Some(json!([sample(items, components)?]));
    }
    if let Some(either) = schema.get("oneOf").and_then(Value::as_array) {
        return either.iter().find_map(|one| sample(one, components));
    }
    if let Some(all) = schema.get("allOf").and_then(Value::as_array) {
        let parts = all.iter().filter_map(|part| sample(part, components));
        return Some(parts.filter_map(|part| part.as_object().cloned()).flatten().collect());
    }
    let fields = schema.get("properties")?.as_object()?.iter();
    let filled = fields.filter_map(|(name, field)| Some((name.clone(), sample(field, components)?)));
    Some(Value::Object(filled.collect()))
}
