//! Either token can end its session, without further proof.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json as value};

use crate::{
    limits::{ENFORCED, from},
    support::{Person, TestApp, json, problem},
};

async fn enter(app: &TestApp, person: &Person) -> Value {
    json(app.login(&person.realm, &person.email, &person.password).await, 200).await
}

async fn revoke(app: &TestApp, realm: &str, token: &str) {
    let answer = app.post_form(&format!("/{realm}/revoke"), &[("token", token)]).await;
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.text().await.unwrap(), "");
}

/// Returns whether both tokens of a session work.
async fn is_open(app: &TestApp, tokens: &Value) -> bool {
    let me = app.get_as(tokens["access_token"].as_str().unwrap(), "/User1/me").await.status();
    let form = [("grant_type", "refresh_token"), ("refresh_token", tokens["refresh_token"].as_str().unwrap())];
    let refreshed = app.post_form("/User1/token", &form).await.status();
    assert_eq!(me == 200, refreshed == 200, "{me} {refreshed}");
    me == 200
}

#[tokio::test]
async fn either_token_ends_its_session_and_no_other() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    for kind in ["access_token", "refresh_token"] {
        let (one, other) = (enter(&app, &john).await, enter(&app, &john).await);
        revoke(&app, "User1", one[kind].as_str().unwrap()).await;
        assert!(!is_open(&app, &one).await, "{kind}");
        assert!(is_open(&app, &other).await, "{kind}");
        // Repeating it is not an error.
        revoke(&app, "User1", one[kind].as_str().unwrap()).await;
    }
}

#[tokio::test]
async fn a_refresh_token_that_was_replaced_ends_the_session_too() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let tokens = enter(&app, &john).await;
    let first = tokens["refresh_token"].as_str().unwrap();
    let form = [("grant_type", "refresh_token"), ("refresh_token", first)];
    let next = json(app.post_form("/User1/token", &form).await, 200).await;
    revoke(&app, "User1", first).await;
    assert!(!is_open(&app, &next).await);
}

#[tokio::test]
async fn tokens_that_are_unknown_forged_expired_or_of_another_realm_end_nothing() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let tokens = enter(&app, &john).await;
    let (access, refresh) = (tokens["access_token"].as_str().unwrap(), tokens["refresh_token"].as_str().unwrap());
    for token in ["junk", "a.b.c", &john.id, &format!("{}AAAAAA", &access[..access.len() - 6]), &refresh[..30]] {
        revoke(&app, "User1", token).await;
    }
    for token in [access, refresh] {
        revoke(&app, "User2", token).await;
    }
    assert!(is_open(&app, &tokens).await);
    app.advance(Duration::from_secs(1805));
    revoke(&app, "User1", access).await;
    let form = [("grant_type", "refresh_token"), ("refresh_token", refresh)];
    assert_eq!(app.post_form("/User1/token", &form).await.status(), 200, "an expired access token ended it");
}

#[tokio::test]
async fn a_token_is_taken_from_a_body_only() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let tokens = enter(&app, &john).await;
    let access = tokens["access_token"].as_str().unwrap();
    let missing = app.request(Method::POST, &format!("/User1/revoke?token={access}")).form(&[("a", "b")]);
    assert_eq!(json(missing.send().await.unwrap(), 400).await["error"], "invalid_request");
    problem(app.get(&format!("/User1/revoke?token={access}")).await, 405).await;
    assert!(is_open(&app, &tokens).await);
    assert_eq!(app.post_json("/User1/revoke", value!({"token": access})).await.status(), 200);
    assert!(!is_open(&app, &tokens).await);
}

#[tokio::test]
async fn unknown_tokens_are_limited_and_genuine_ones_cost_nothing() {
    let app = TestApp::with(ENFORCED).await;
    let john = Person::new("john@example.com").join(&app).await;
    let send = async |token: &str| {
        let request = app.request(Method::POST, "/User1/revoke").form(&[("token", token)]);
        from("10.0.0.1", request).send().await.unwrap()
    };
    let tokens = enter(&app, &john).await;
    for _ in 0..40 {
        assert_eq!(send(tokens["refresh_token"].as_str().unwrap()).await.status(), 200);
    }
    for _ in 0..30 {
        assert_eq!(send("junk").await.status(), 200);
    }
    let refused = json(send("junk").await, 429).await;
    assert_eq!(refused["limit"], "LIMIT_LINKS_CLIENT");
}
