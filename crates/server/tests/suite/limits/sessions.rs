//! The number of sessions per user is limited by the realm.

use std::time::Duration;

use serde_json::Value;

use crate::support::{Person, TestApp, json, problem};

async fn log_in(app: &TestApp, person: &Person) -> Value {
    app.advance(Duration::from_secs(1));
    json(app.login(&person.realm, &person.email, &person.password).await, 200).await
}

async fn refresh(app: &TestApp, person: &Person, pair: &Value) -> Value {
    app.advance(Duration::from_secs(1));
    let form = [("grant_type", "refresh_token"), ("refresh_token", pair["refresh_token"].as_str().unwrap())];
    json(app.post_form(&person.path("token"), &form).await, 200).await
}

/// Returns whether the session of each pair is live.
async fn are_live(app: &TestApp, pairs: &[&Value]) -> Vec<bool> {
    let mut live = Vec::new();
    for pair in pairs {
        let answer = app.get_as(pair["access_token"].as_str().unwrap(), "/User1/me").await;
        live.push(answer.status() == 200);
        if answer.status() != 200 {
            problem(answer, 401).await;
        }
    }
    live
}

#[tokio::test]
async fn a_further_login_ends_sessions_that_were_never_refreshed_then_the_least_recently_used() {
    let app = TestApp::with(&[("REALM_USER1_SESSIONS_MAX", "3")]).await;
    let john = Person::new("john@example.com").join(&app).await;
    let jane = Person::new("jane@example.com").join(&app).await;
    let of_jane = log_in(&app, &jane).await;
    let (first, second) = (log_in(&app, &john).await, log_in(&app, &john).await);
    let (first, second) = (refresh(&app, &john, &first).await, refresh(&app, &john, &second).await);
    let first = refresh(&app, &john, &first).await;
    let third = log_in(&app, &john).await;
    assert_eq!(are_live(&app, &[&first, &second, &third]).await, [true; 3]);

    // The third session is the latest login, but was never refreshed.
    let fourth = log_in(&app, &john).await;
    assert_eq!(are_live(&app, &[&first, &second, &third, &fourth]).await, [true, true, false, true]);
    let fourth = refresh(&app, &john, &fourth).await;
    let fifth = log_in(&app, &john).await;
    assert_eq!(are_live(&app, &[&first, &second, &fourth, &fifth]).await, [true, false, true, true]);
    assert_eq!(are_live(&app, &[&of_jane]).await, [true], "another user's sessions are separate");

    // A realm without its own value uses the default of a hundred.
    let namesake = Person::new("john@example.com").of("User2").join(&app).await;
    for _ in 0..4 {
        log_in(&app, &namesake).await;
    }
    assert_eq!(app.count("sessions").await, 8);
}

#[tokio::test]
async fn concurrent_logins_do_not_exceed_the_allowed_sessions() {
    let app = std::sync::Arc::new(TestApp::with(&[("SESSIONS_MAX", "5")]).await);
    let john = Person::new("john@example.com").join(&app).await;
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let (app, john) = (std::sync::Arc::clone(&app), john.clone());
        tasks.spawn(async move { john.log_in(&app).await });
    }
    tasks.join_all().await;
    assert_eq!(app.count("sessions").await, 5);
}
