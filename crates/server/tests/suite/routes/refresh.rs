//! Refresh tokens are rotated on every use. A request with a lost response can be repeated. Any other reuse revokes
//! the session.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use portcullis_core::id::RealmName;
use reqwest::Response;
use serde_json::Value;

use crate::support::{Person, TestApp, json, problem, rounds};

async fn pair(app: &TestApp) -> (Person, Value) {
    let john = Person::new("john@example.com").join(app).await;
    let pair = json(app.login("User1", &john.email, &john.password).await, 200).await;
    (john, pair)
}

async fn refresh(app: &TestApp, token: &str) -> Response {
    app.post_form("/User1/token", &[("grant_type", "refresh_token"), ("refresh_token", token)]).await
}

async fn next(app: &TestApp, pair: &Value) -> Value {
    json(refresh(app, text(pair, "refresh_token")).await, 200).await
}

fn text<'a>(pair: &'a Value, member: &str) -> &'a str {
    pair[member].as_str().unwrap()
}

async fn is_dead(app: &TestApp, pair: &Value) {
    let answer = refresh(app, text(pair, "refresh_token")).await;
    assert_eq!(answer.headers()["content-type"], "application/json");
    assert_eq!(answer.headers()["cache-control"], "no-store");
    let answer = json(answer, 400).await;
    assert_eq!(answer["error"], "invalid_grant");
    assert!(answer["error_description"].is_string());
    problem(app.get_as(text(pair, "access_token"), "/User1/me").await, 401).await;
}

#[tokio::test]
async fn a_refresh_gives_a_new_pair_of_the_same_session() {
    let app = TestApp::start().await;
    let (_, first) = pair(&app).await;
    app.advance(Duration::from_secs(600));
    let second = next(&app, &first).await;
    assert_eq!((second["token_type"].as_str(), second["expires_in"].as_u64()), (Some("bearer"), Some(1800)));
    assert_ne!(second["access_token"], first["access_token"]);
    assert_ne!(second["refresh_token"], first["refresh_token"]);
    for access in [&first, &second] {
        json(app.get_as(text(access, "access_token"), "/User1/me").await, 200).await;
    }
}

#[tokio::test]
async fn within_a_minute_a_token_is_repeated_freely_also_after_a_restart() {
    let app = TestApp::start().await;
    let (_, first) = pair(&app).await;
    let second = next(&app, &first).await;
    app.advance(Duration::from_secs(60));
    let app = app.restart().await;
    for _ in 0..5 {
        let again = next(&app, &first).await;
        assert_eq!(again["refresh_token"], second["refresh_token"]);
        assert_ne!(again["access_token"], second["access_token"]);
        assert_eq!(again["expires_in"], 1800, "the access token is new");
        json(app.get_as(text(&again, "access_token"), "/User1/me").await, 200).await;
    }
    next(&app, &second).await;
    assert_eq!(repeats(&app).await, 0);
}

/// Returns the number of repetitions in the audit trail.
async fn repeats(app: &TestApp) -> usize {
    let rows = app.store().await.audit_rows(&RealmName::parse("User1").unwrap(), 100).await.unwrap();
    rows.iter().filter(|row| row.event == "refresh_repeated").count()
}

#[tokio::test]
async fn a_phone_that_was_offline_remains_logged_in() {
    let app = TestApp::start().await;
    let (_, first) = pair(&app).await;
    let second = next(&app, &first).await;
    app.advance(Duration::from_secs(86_400));
    let again = next(&app, &first).await;
    assert_eq!(again["refresh_token"], second["refresh_token"]);
    json(app.get_as(text(&again, "access_token"), "/User1/me").await, 200).await;
    assert_eq!(repeats(&app).await, 1);
    next(&app, &second).await;
}

#[tokio::test]
async fn the_third_late_repeat_in_a_day_ends_the_session() {
    let app = TestApp::start().await;
    let (_, first) = pair(&app).await;
    let mut newest = first;
    for hour in 0..2 {
        let second = next(&app, &newest).await;
        app.advance(Duration::from_secs(3600));
        let again = next(&app, &newest).await;
        assert_eq!(again["refresh_token"], second["refresh_token"], "{hour}");
        newest = again;
    }
    let last = next(&app, &newest).await;
    app.advance(Duration::from_secs(61));
    let app = app.restart().await;
    is_dead(&app, &newest).await;
    is_dead(&app, &last).await;
    assert_eq!(repeats(&app).await, 3);
}

#[tokio::test]
async fn late_repetitions_are_reset_after_a_day() {
    let app = TestApp::start().await;
    let (_, mut newest) = pair(&app).await;
    for _ in 0..4 {
        next(&app, &newest).await;
        app.advance(Duration::from_secs(13 * 3600));
        newest = next(&app, &newest).await;
    }
    assert_eq!(repeats(&app).await, 4);
}

#[tokio::test]
async fn after_the_grace_of_its_realm_a_used_token_ends_the_session() {
    for (grace, age) in [("24h", 86_400), ("2m", 120), ("1s", 60)] {
        let app = TestApp::with(&[("REALM_USER1_REFRESH_GRACE", grace)]).await;
        let (_, first) = pair(&app).await;
        let second = next(&app, &first).await;
        app.advance(Duration::from_millis(age * 1000));
        next(&app, &first).await;
        app.advance(Duration::from_millis(1));
        is_dead(&app, &first).await;
        is_dead(&app, &second).await;
    }
}

#[tokio::test]
async fn once_the_successor_was_used_an_older_token_ends_the_session() {
    let app = TestApp::start().await;
    let (_, first) = pair(&app).await;
    let second = next(&app, &first).await;
    let third = next(&app, &second).await;
    is_dead(&app, &first).await;
    is_dead(&app, &third).await;
}

#[tokio::test]
async fn a_hundred_concurrent_refreshes_return_one_new_token() {
    let app = Arc::new(TestApp::start().await);
    let (_, mut newest) = pair(&app).await;
    for _ in 0..rounds() {
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..100 {
            let (app, newest) = (Arc::clone(&app), newest.clone());
            tasks.spawn(async move { next(&app, &newest).await });
        }
        let pairs = tasks.join_all().await;
        assert_eq!(pairs.iter().map(|pair| text(pair, "refresh_token")).collect::<BTreeSet<_>>().len(), 1);
        newest = pairs[0].clone();
    }
}

#[tokio::test]
async fn a_token_that_was_never_issued_ends_nothing() {
    let app = TestApp::start().await;
    let (_, first) = pair(&app).await;
    let session = text(&first, "refresh_token").split_once('.').unwrap().0.to_owned();
    for forged in ["x", &format!("{session}."), &format!("{session}.{}", "A".repeat(43))] {
        assert_eq!(json(refresh(&app, forged).await, 400).await["error"], "invalid_grant");
    }
    assert_eq!(json(refresh(&app, text(&first, "access_token")).await, 400).await["error"], "invalid_grant");
    // This also holds in another realm.
    let elsewhere = [("grant_type", "refresh_token"), ("refresh_token", text(&first, "refresh_token"))];
    assert_eq!(json(app.post_form("/User2/token", &elsewhere).await, 400).await["error"], "invalid_grant");
    next(&app, &first).await;
    problem(app.get_as(text(&first, "refresh_token"), "/User1/me").await, 401).await;
}

#[tokio::test]
async fn an_unused_token_expires_and_a_session_expires_at_its_maximum_age() {
    let app = TestApp::with(&[("REFRESH_TOKEN_TTL", "10d"), ("SESSION_MAX_AGE", "25d")]).await;
    let (john, first) = pair(&app).await;
    app.advance(Duration::from_secs(10 * 86_400 - 1));
    let second = next(&app, &first).await;
    app.advance(Duration::from_secs(10 * 86_400 - 1));
    let third = next(&app, &second).await;
    app.advance(Duration::from_secs(5 * 86_400 - 600));
    // Near the end of the session, the access token expires with it.
    let fourth = next(&app, &third).await;
    assert_eq!(fourth["expires_in"], 602);
    app.advance(Duration::from_secs(602));
    is_dead(&app, &fourth).await;

    let idle = json(app.login("User1", &john.email, &john.password).await, 200).await;
    app.advance(Duration::from_secs(10 * 86_400));
    is_dead(&app, &idle).await;
}

#[tokio::test]
async fn logging_out_ends_the_refresh_token_too() {
    let app = TestApp::start().await;
    let (_, first) = pair(&app).await;
    json(app.get_as(text(&first, "access_token"), "/User1/logout").await, 200).await;
    is_dead(&app, &first).await;
}

#[tokio::test]
async fn the_token_endpoint_speaks_oauth() {
    let app = TestApp::start().await;
    let (john, _) = pair(&app).await;
    let ask = async |form: &[(&str, &str)]| json(app.post_form("/User1/token", form).await, 400).await["error"].clone();
    assert_eq!(ask(&[]).await, "invalid_request");
    assert_eq!(ask(&[("grant_type", "client_credentials")]).await, "unsupported_grant_type");
    assert_eq!(ask(&[("grant_type", "refresh_token")]).await, "invalid_request");
    assert_eq!(ask(&[("grant_type", "password"), ("username", &john.email)]).await, "invalid_request");
    assert_eq!(
        ask(&[("grant_type", "password"), ("username", &john.email), ("password", "wrong one")]).await,
        "invalid_grant"
    );
    assert_eq!(ask(&[("grant_type", "password"), ("grant_type", "password")]).await, "invalid_request");
    let right = [("grant_type", "password"), ("username", john.email.as_str()), ("password", john.password.as_str())];
    let pair = json(app.post_form("/User1/token", &right).await, 200).await;
    next(&app, &pair).await;
    let as_json = app.post_json("/User1/token", serde_json::json!({"grant_type": "refresh_token"})).await;
    assert_eq!(json(as_json, 400).await["error"], "invalid_request");

    let jane = Person::new("jane@example.com").register(&app).await;
    assert_eq!(
        ask(&[("grant_type", "password"), ("username", &jane.email), ("password", &jane.password)]).await,
        "invalid_grant"
    );
}
