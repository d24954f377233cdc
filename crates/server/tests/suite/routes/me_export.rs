//! The export of the caller's account: who may request it, and how often. Its contents are tested in `personal_data`.

use std::{collections::BTreeSet, time::Duration};

use portcullis_core::{
    audit::{AuditRow, Event},
    clock::{Clock, ManualClock, Timestamp},
    ctx::Ctx,
    id::{RealmName, UserId},
    port::Op,
};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    limits::ENFORCED,
    support::{Person, TestApp, json, problem},
};

#[tokio::test]
async fn an_export_needs_a_recent_login_of_its_session() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let token = john.log_in(&app).await;
    app.advance(Duration::from_secs(600));
    json(app.get_as(&token, "/User1/me/export").await, 200).await;
    app.advance(Duration::from_secs(1));
    // The password in the request is not sufficient.
    let request = app.request(Method::GET, "/User1/me/export").bearer_auth(&token);
    let stale = request.json(&json!({"current_password": john.password})).send().await.unwrap();
    let challenge = stale.headers()["www-authenticate"].to_str().unwrap().to_owned();
    assert!(challenge.contains("max_age=\"600\""), "{challenge}");
    assert_eq!(problem(stale, 401).await["code"], "auth.stale");
    let again = app.request(Method::POST, "/User1/me/step_up").bearer_auth(&token);
    let again = again.json(&json!({"current_password": john.password})).send().await.unwrap();
    let token = json(again, 200).await["access_token"].as_str().unwrap().to_owned();
    json(app.get_as(&token, "/User1/me/export").await, 200).await;
}

#[tokio::test]
async fn an_account_is_exported_twice_an_hour() {
    let app = TestApp::with(ENFORCED).await;
    let john = Person::new("john@example.com").join(&app).await;
    let jane = Person::new("jane@example.com").join(&app).await;
    let (johns, again, janes) = (john.log_in(&app).await, john.log_in(&app).await, jane.log_in(&app).await);
    for _ in 0..3 {
        // HEAD exports nothing.
        let head = app.request(Method::HEAD, "/User1/me/export").bearer_auth(&johns).send().await.unwrap();
        assert_eq!(head.status(), 200);
    }
    for (token, left) in [(&johns, 1), (&again, 0)] {
        let answer = app.get_as(token, "/User1/me/export").await;
        assert_eq!(answer.headers()["ratelimit-policy"], "\"exports\";q=2;w=3600");
        assert_eq!(answer.headers()["ratelimit"], format!("\"exports\";r={left};t=3600"));
        json(answer, 200).await;
    }
    let refused = app.get_as(&johns, "/User1/me/export").await;
    assert_eq!(refused.headers()["retry-after"], "3600");
    assert_eq!(problem(refused, 429).await["limit"], "LIMIT_EXPORTS_ACCOUNT");
    json(app.get_as(&janes, "/User1/me/export").await, 200).await;
    // A rejected request is not counted as an export.
    let realm = RealmName::parse("User1").unwrap();
    let rows = app.store().await.audit_rows(&realm, 100).await.unwrap();
    assert_eq!(rows.iter().filter(|row| row.event == "exported").count(), 3);
    app.advance(Duration::from_secs(3600));
    json(app.get_as(&john.log_in(&app).await, "/User1/me/export").await, 200).await;
}

#[tokio::test]
async fn an_export_has_the_data_of_its_user_alone() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let jane = Person::new("jane@example.com").join(&app).await;
    let twin = Person::new("john@example.com").of("User2").join(&app).await;
    let (johns, twins) = (john.log_in(&app).await, twin.log_in(&app).await);
    jane.log_in(&app).await;
    problem(app.get_as(&twins, "/User1/me/export").await, 401).await;
    // A registration of the same address belongs to another person until it is verified.
    let stranger = Person::new("john@example.com").with_password("a strangers phrase");
    json(app.post_json("/User1/create", stranger.form()).await, 200).await;
    let text = app.get_as(&johns, "/User1/me/export").await.text().await.unwrap();
    for foreign in [&jane.id, &jane.email, &twin.id] {
        assert!(!text.contains(foreign.as_str()), "{foreign}");
    }
    let events: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(events["sessions"].as_array().unwrap().len(), 1, "{text}");
}

#[tokio::test]
async fn a_session_changes_its_profile_thirty_times_an_hour() {
    let app = TestApp::with(ENFORCED).await;
    let john = Person::new("john@example.com").join(&app).await;
    let (token, other) = (john.log_in(&app).await, john.log_in(&app).await);
    let patch = async |token: &str, name: &str| {
        let request = app.request(Method::PATCH, "/User1/me").bearer_auth(token);
        request.json(&json!({"first_name": name})).send().await.unwrap()
    };
    for number in 0..30 {
        json(patch(&token, &format!("Name {number}")).await, 200).await;
    }
    assert_eq!(problem(patch(&token, "More").await, 429).await["limit"], "LIMIT_PROFILE_ACCOUNT");
    json(patch(&other, "Other").await, 200).await;
}

/// Adds logins of a user to the audit trail, one per millisecond up to now.
async fn add_logins(app: &TestApp, john: &Person, number: i64) {
    let store = app.store().await;
    let (realm, user) = (RealmName::parse("User1").unwrap(), UserId::parse(&john.id).unwrap());
    let row = |number: i64| {
        let at = ManualClock::at(Timestamp::from_millis(app.clock.now().millis() - number));
        let ctx = Ctx::new(&at, app.random.clone(), Default::default());
        Op::from(AuditRow { user: Some(user.clone()), ..AuditRow::new(&ctx, &realm, Event::LoggedIn) })
    };
    let rows: Vec<Op> = (1..=number).map(row).collect();
    for chunk in rows.chunks(2000) {
        store.commit(chunk.to_vec()).await.unwrap();
    }
}

#[tokio::test]
async fn an_incomplete_export_contains_the_cursor_for_more_events() {
    let app = TestApp::start().await;
    // The store does not matter here, and MongoDB writes each row separately, which takes long.
    if app.is_shared() {
        return;
    }
    let john = Person::new("john@example.com").join(&app).await;
    app.advance(Duration::from_secs(60));
    let token = john.log_in(&app).await;
    let export = async || json(app.get_as(&token, "/User1/me/export").await, 200).await;
    assert_eq!(export().await.get("events_next"), None);
    add_logins(&app, &john, 10_100).await;
    let cut = export().await;
    let ids = |page: &Value| -> Vec<String> {
        page["events"].as_array().unwrap().iter().map(|event| event["id"].as_str().unwrap().to_owned()).collect()
    };
    let mut seen = ids(&cut);
    assert_eq!(seen.len(), 10_000);
    let rest = format!("/User1/me/events?limit=200&cursor={}", cut["events_next"].as_str().unwrap());
    let rest = json(app.get_as(&token, &rest).await, 200).await;
    assert_eq!(rest["next"], Value::Null);
    seen.extend(ids(&rest));
    // The rows from above, the registration and its verification, the login and both exports.
    assert_eq!((seen.len(), seen.iter().collect::<BTreeSet<_>>().len()), (10_105, 10_105));
    assert!(seen.is_sorted_by(|a, b| a > b), "newest first, without a gap");
}
