//! Examples match their schemas.

use serde_json::Value;

use super::{bodies, document, examples, operations};

#[test]
fn every_example_matches_its_schema() {
    let document = document();
    let mut checked = 0;
    for (at, operation) in operations(&document) {
        for (place, body) in bodies(operation) {
            for example in examples(body) {
                let faults = faults(example, &body["schema"], &document);
                assert!(faults.is_empty(), "{at}: {place}: {}: {example}", faults.join("; "));
                checked += 1;
            }
        }
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let faults = faults(&parameter["example"], &parameter["schema"], &document);
            assert!(faults.is_empty(), "{at}: {}: {}", parameter["name"], faults.join("; "));
        }
    }
    assert!(checked > 100, "only {checked} examples were found");
}

#[test]
fn an_example_that_does_not_match_is_found() {
    let document = document();
    let problem = serde_json::json!({"$ref": "#/components/schemas/Problem"});
    for wrong in [
        serde_json::json!("text"),
        serde_json::json!({"type": "urn:portcullis:problem:c"}),
        serde_json::json!({"type": "urn:portcullis:problem:c", "title": "t", "status": "401", "detail": "d", "code": "c", "instance": "i"}),
        serde_json::json!({"type": "urn:portcullis:problem:c", "title": "t", "status": 401, "detail": "d", "code": "c", "instance": "i", "more": 1}),
    ] {
        assert!(!faults(&wrong, &problem, &document).is_empty(), "{wrong}");
    }
}

/// Returns the differences between an example and its schema: types, and missing or unknown members.
fn faults(example: &Value, schema: &Value, document: &Value) -> Vec<String> {
    if let Some(name) = schema["$ref"].as_str() {
        let target = document.pointer(name.trim_start_matches('#'));
        return target.map_or_else(|| vec![format!("{name} is nowhere")], |schema| faults(example, schema, document));
    }
    if let Some(either) = schema["oneOf"].as_array() {
        let fits = either.iter().any(|one| faults(example, one, document).is_empty());
        return if fits { Vec::new() } else { vec!["it is none of the forms".to_owned()] };
    }
    let mut found = of_type(example, &schema["type"]);
    for item in example.as_array().into_iter().flatten() {
        found.extend(faults(item, &schema["items"], document));
    }
    let (Some(members), Some(properties)) = (example.as_object(), schema["properties"].as_object()) else {
        return found;
    };
    let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
    found.extend(required.filter(|name| !members.contains_key(*name)).map(|name| format!("{name} is missing")));
    for (name, value) in members {
        match properties.get(name) {
            Some(schema) => found.extend(faults(value, schema, document)),
            None => found.push(format!("{name} is unknown")),
        }
    }
    found
}

fn of_type(example: &Value, types: &Value) -> Vec<String> {
    let is = match example {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let fits = match types {
        Value::String(one) => one == is,
        Value::Array(some) => some.iter().any(|one| one == is),
        _ => true,
    };
    if fits { Vec::new() } else { vec![format!("it is {is}, not {types}")] }
}
