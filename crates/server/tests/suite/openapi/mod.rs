//! The OpenAPI document is generated from the routes; the copy in `docs/` must be up to date.

mod clients;
mod complete;
mod schema;
mod truth;

use std::{fs, path::Path};

use serde_json::Value;

use crate::support::{TestApp, json};

/// Asserts that a file is up to date, or writes it if `UPDATE=1`.
#[allow(clippy::disallowed_methods, reason = "the switch of `make generate`")]
pub(crate) fn is_fresh(file: &str, content: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(file);
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, content).unwrap();
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == content, "docs/{file} is out of date: run `make generate`");
}

#[test]
fn generated_openapi_is_fresh() {
    is_fresh("openapi.json", &format!("{:#}\n", document()));
}

#[test]
fn generated_settings_are_fresh() {
    is_fresh("settings.md", &portcullis::config::settings_markdown());
}

/// The text before the marker is maintained manually.
#[test]
fn generated_tables_of_templates_are_fresh() {
    const MARK: &str = "<!-- From here on it is generated: `make generate`. -->\n";
    let kept = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/templates.md")).unwrap();
    let (by_hand, _) = kept.split_once(MARK).unwrap();
    let tables = portcullis::templates::templates_markdown().unwrap();
    is_fresh("templates.md", &format!("{by_hand}{MARK}\n{tables}"));
}

#[test]
fn generated_metrics_are_fresh() {
    is_fresh("metrics.md", &portcullis::metrics::metrics_markdown());
}

#[tokio::test]
async fn the_server_gives_out_openapi_3_1_with_every_route_under_its_version() {
    let app = TestApp::start().await;
    let document = json(app.get("/openapi.json").await, 200).await;
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    let paths = document["paths"].as_object().unwrap();
    for path in ["create", "login", "logout", "verify", "verify/resend", "me", "undo", "reset_password"] {
        assert!(paths.contains_key(&format!("/v1/{{realm}}/{path}")), "{path}");
    }
    assert!(paths.contains_key("/v1/{realm}"));
}

/// Returns the description of a server with the usual realms.
fn document() -> Value {
    portcullis::openapi(&["User1", "User2"], "")
}

/// Returns every operation of a description, with method and path.
fn operations(document: &Value) -> Vec<(String, &Value)> {
    let paths = document["paths"].as_object().unwrap().iter();
    let all = paths.flat_map(|(path, item)| {
        let named = move |(method, operation)| (format!("{method} {path}"), operation);
        item.as_object().unwrap().iter().map(named)
    });
    all.collect()
}

/// Returns every body of an operation with its location: requests first, then responses.
fn bodies(operation: &Value) -> Vec<(String, &Value)> {
    let answers = operation["responses"].as_object().unwrap().iter();
    let answers = answers.map(|(status, answer)| (status.clone(), &answer["content"]));
    let places = std::iter::once(("request".to_owned(), &operation["requestBody"]["content"])).chain(answers);
    let bodies = places.filter_map(|(place, content)| Some((place, content.as_object()?)));
    let bodies = bodies.flat_map(|(place, content)| {
        content.iter().map(move |(kind, body)| (format!("{place} {kind}"), body)).collect::<Vec<_>>()
    });
    bodies.collect()
}

/// Returns all examples of a body.
fn examples(body: &Value) -> Vec<&Value> {
    let named = body["examples"].as_object().into_iter().flat_map(|named| named.values());
    body.get("example").into_iter().chain(named.map(|example| &example["value"])).collect()
}
