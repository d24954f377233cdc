//! The OpenAPI document is made from the routes; the copy in `docs/` must be fresh.

use std::{fs, path::Path};

use crate::support::{TestApp, json};

/// The file as it should be; `UPDATE=1` writes it.
#[allow(clippy::disallowed_methods, reason = "the switch of `make generate`")]
fn is_fresh(file: &str, content: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(file);
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, content).unwrap();
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == content, "docs/{file} is out of date: run `make generate`");
}

#[test]
fn generated_openapi_is_fresh() {
    let mut document = portcullis::openapi().to_pretty_json().unwrap();
    document.push('\n');
    is_fresh("openapi.json", &document);
}

#[test]
fn generated_settings_are_fresh() {
    is_fresh("settings.md", &portcullis::config::settings_markdown());
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
    for (path, item) in paths {
        for (method, operation) in item.as_object().unwrap() {
            assert!(operation["summary"].is_string() && operation["responses"].is_object(), "{method} {path}");
        }
    }
}
