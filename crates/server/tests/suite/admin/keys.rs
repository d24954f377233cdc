//! API keys for programs.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Person, TestApp, admin::REASON, json, problem};

#[tokio::test]
async fn a_key_has_grants_an_end_and_networks_and_is_shown_once() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let make = async |body: Value| json(owner.post(&app, "/admin-keys", body).await, 201).await;
    let key = make(json!({"name": "billing", "grants": ["support@User1"]})).await;
    let far = make(json!({"name": "far", "grants": ["support@User1"], "networks": ["10.0.0.0/8"]})).await;
    let text = |key: &Value| key["key"].as_str().unwrap().to_owned();
    assert!(text(&key).starts_with("pck_"));
    let asking = async |key: &str, path: &str| app.get_as(key, &format!("/v1/admin{path}")).await;
    assert_eq!(asking(&text(&key), "/realms/User1/users").await.status(), 200);
    assert_eq!(asking(&text(&key), "/realms/User2/users").await.status(), 404);
    assert_eq!(asking(&text(&far), "/realms/User1/users").await.status(), 401, "from another network");
    assert_eq!(asking("pck_unknown_junk", "/realms/User1/users").await.status(), 401);
    let listed = json(owner.get(&app, "/admin-keys").await, 200).await;
    assert!(listed["items"].as_array().unwrap().iter().all(|key| key.get("key").is_none()));
    assert!(listed["items"].as_array().unwrap().iter().any(|key| key["last_used_on"] == "2026-01-01"));
    for (_, row) in app.rows().await {
        assert!(!row.windows(20).any(|window| text(&key).as_bytes()[30..50] == *window), "the secret is not stored");
    }
    app.advance(std::time::Duration::from_secs(91 * 24 * 3600));
    assert_eq!(asking(&text(&key), "/realms/User1/users").await.status(), 401, "it has ended");
}

#[tokio::test]
async fn a_revoked_key_is_rejected_and_a_key_erases_only_if_it_was_made_for_it() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let john = Person::new("john@example.com").join(&app).await;
    let make = async |allow: Value| {
        let body = json!({"name": "janitor", "grants": ["manager@User1"], "allow": allow});
        json(owner.post(&app, "/admin-keys", body).await, 201).await
    };
    let (plain, allowed) = (make(json!([])).await, make(json!(["erase"])).await);
    let erase = async |key: &Value| {
        let request = app.request(Method::DELETE, &format!("/v1/admin/realms/User1/users/{}", john.id));
        let request = request.bearer_auth(key["key"].as_str().unwrap()).header("If-Match", "\"1\"");
        request.json(&json!({"reason": REASON})).send().await.unwrap()
    };
    assert_eq!(problem(erase(&plain).await, 403).await["code"], "admin.forbidden");
    let path = format!("/admin-keys/{}", plain["id"].as_str().unwrap());
    assert_eq!(owner.request(&app, Method::DELETE, &path).send().await.unwrap().status(), 200);
    assert_eq!(erase(&plain).await.status(), 401);
    assert_eq!(erase(&allowed).await.status(), 200);
    assert_eq!(app.login("User1", &john.email, &john.password).await.status(), 401);
}
