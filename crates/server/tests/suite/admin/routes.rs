//! Which role may use which route: compares the golden file with actual responses.

use std::{fmt::Write as _, fs};

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Person, TestApp};

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/admin_routes.txt");
const ROLES: [(&str, &[&str]); 7] = [
    ("auditor", &["auditor@User1"]),
    ("support", &["support@User1"]),
    ("manager", &["manager@User1"]),
    ("owner", &["owner@User1"]),
    ("impersonate", &["auditor@User1", "impersonate@User1"]),
    ("elsewhere", &["owner@User2"]),
    ("owner@*", &["owner@*"]),
];

/// Returns a word for the response of a route to a role. `yes` means that access was granted, even if the request is
/// otherwise invalid.
async fn answer(request: reqwest::RequestBuilder) -> &'static str {
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let body: Value = response.json().await.unwrap_or_default();
    match (status, body["code"].as_str().unwrap_or_default()) {
        (403, "admin.forbidden") => "no",
        (404, _) => "404",
        (401, _) => "401",
        _ => "yes",
    }
}

#[tokio::test]
async fn each_role_may_use_the_routes_of_the_golden_file() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let john = Person::new("john@example.com").join(&app).await;
    let document = portcullis::openapi(&["User1", "User2"], "");
    let mut routes = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys().filter(|_| path.starts_with("/v1/admin/")) {
            routes.push((method.to_uppercase(), path.trim_start_matches("/v1/admin").to_owned()));
        }
    }
    routes.retain(|(_, path)| !["/sign_in", "/sign_out"].contains(&path.as_str()));
    routes.sort_by(|one, other| (&one.1, &one.0).cmp(&(&other.1, &other.0)));
    let mut table = String::from("route");
    for (name, _) in ROLES {
        write!(table, " | {name}").unwrap();
    }
    table.push_str(" | key of support | key of owner@*\n");
    let mut admins = Vec::new();
    for (number, (_, grants)) in ROLES.iter().enumerate() {
        admins.push(app.admin(&owner, &format!("admin{number}@example.com"), grants).await);
    }
    let key = async |grant: &str| {
        let made = owner.post(&app, "/admin-keys", json!({"name": "k", "grants": [grant]})).await;
        crate::support::json(made, 201).await["key"].as_str().unwrap().to_owned()
    };
    let keys = [key("support@User1").await, key("owner@*").await];
    for (method, path) in routes {
        write!(table, "{method} {path}").unwrap();
        let filled = path.replace("{realm}", "User1").replace("/users/{id}", &format!("/users/{}", john.id));
        let filled = filled
            .replace("{id}", "unknown")
            .replace("{sid}", "unknown")
            .replace("{fid}", "unknown")
            .replace("{kid}", "unknown")
            .replace("{request_id}", "unknown");
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        for admin in &admins {
            // An empty object changes nothing, because every change requires a field.
            let request = admin.request(&app, method.clone(), &filled);
            let request = if method == Method::GET { request } else { request.json(&json!({"nickname": 1})) };
            write!(table, " | {}", answer(request).await).unwrap();
        }
        for key in &keys {
            let request = app.request(method.clone(), &format!("/v1/admin{filled}")).bearer_auth(key);
            let request = if method == Method::GET { request } else { request.json(&json!({"nickname": 1})) };
            write!(table, " | {}", answer(request).await).unwrap();
        }
        table.push('\n');
    }
    #[allow(clippy::disallowed_methods, reason = "a test that writes its golden file on demand")]
    let is_updated = std::env::var_os("UPDATE").is_some();
    if is_updated {
        fs::write(GOLDEN, &table).unwrap();
    }
    assert_eq!(table, fs::read_to_string(GOLDEN).unwrap_or_default(), "UPDATE=1 writes the file");
}
