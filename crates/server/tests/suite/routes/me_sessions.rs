//! The caller's live sessions, and those of no other user.

use std::time::Duration;

use reqwest::Method;
use serde_json::Value;

use crate::support::{Person, TestApp, json, problem};

/// Returns the identifiers of the listed sessions in order.
async fn listed(app: &TestApp, token: &str) -> Vec<String> {
    let answer = list(app, token).await;
    answer.iter().map(|session| session["id"].as_str().unwrap().to_owned()).collect()
}

async fn list(app: &TestApp, token: &str) -> Vec<Value> {
    let answer = page(app, token, "?limit=200").await;
    assert_eq!(answer["next"], Value::Null);
    assert_eq!(answer.as_object().unwrap().len(), 2, "{answer}");
    answer["sessions"].as_array().unwrap().clone()
}

fn ids(page: &Value) -> Vec<String> {
    page["sessions"].as_array().unwrap().iter().map(|session| session["id"].as_str().unwrap().to_owned()).collect()
}

async fn page(app: &TestApp, token: &str, query: &str) -> Value {
    json(app.get_as(token, &format!("/User1/me/sessions{query}")).await, 200).await
}

async fn end(app: &TestApp, token: &str, id: &str) {
    let request = app.request(Method::DELETE, &format!("/User1/me/sessions/{id}")).bearer_auth(token);
    json(request.send().await.unwrap(), 200).await;
}

/// Returns the session that is marked as current in the list requested with this token.
async fn current(app: &TestApp, token: &str) -> String {
    let sessions = list(app, token).await;
    let mut current = sessions.iter().filter(|session| session["current"] == true);
    let id = current.next().expect("one is current")["id"].as_str().unwrap().to_owned();
    assert_eq!(current.next(), None, "only one is current");
    id
}

#[tokio::test]
async fn a_session_is_shown_with_everything_that_its_owner_may_know() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let token = john.log_in(&app).await;
    app.advance(Duration::from_secs(60));
    let answer = app.get_as(&token, "/User1/me/sessions").await;
    assert_eq!(answer.headers()["cache-control"], "no-store");
    let answer = json(answer, 200).await;
    let id = answer["sessions"][0]["id"].as_str().unwrap();
    assert_eq!(id.len(), 26);
    let expected = serde_json::json!({ "sessions": [{
        "id": id,
        "kind": "api",
        "current": true,
        "created_at": "2026-01-01T00:00:00Z",
        "last_used_at": "2026-01-01T00:00:00Z",
        "auth_time": "2026-01-01T00:00:00Z",
        "acr": "urn:portcullis:aal1",
        "amr": ["pwd"],
        "device": null,
        "ip": "127.0.0.1",
        "client": null,
        "expires_at": "2026-04-01T00:00:00Z",
        "idle_until": "2026-01-31T00:00:00Z",
        "impersonated": false,
    }], "next": null });
    assert_eq!(answer, expected);
}

#[tokio::test]
async fn each_login_is_a_session_and_the_callers_own_is_current() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let first = john.log_in(&app).await;
    app.advance(Duration::from_secs(60));
    let second = john.log_in(&app).await;
    let (of_first, of_second) = (current(&app, &first).await, current(&app, &second).await);
    assert_ne!(of_first, of_second);
    for token in [&first, &second] {
        assert_eq!(listed(&app, token).await, [of_second.as_str(), of_first.as_str()], "the latest login comes first");
    }
}

#[tokio::test]
async fn a_refresh_is_a_use_and_the_latest_use_comes_first() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let pair = json(app.login("User1", &john.email, &john.password).await, 200).await;
    app.advance(Duration::from_secs(60));
    let other = current(&app, &john.log_in(&app).await).await;
    app.advance(Duration::from_secs(60));
    let form = [("grant_type", "refresh_token"), ("refresh_token", pair["refresh_token"].as_str().unwrap())];
    let pair = json(app.post_form("/User1/token", &form).await, 200).await;

    let sessions = list(&app, pair["access_token"].as_str().unwrap()).await;
    assert_eq!((sessions.len(), &sessions[1]["id"]), (2, &Value::from(other)));
    let refreshed = &sessions[0];
    assert_eq!(refreshed["current"], true, "it is the same session");
    assert_eq!(refreshed["last_used_at"], "2026-01-01T00:02:00Z");
    assert_eq!(refreshed["idle_until"], "2026-01-31T00:02:00Z");
    for unchanged in ["created_at", "auth_time"] {
        assert_eq!(refreshed[unchanged], "2026-01-01T00:00:00Z", "{unchanged}");
    }
    assert_eq!(refreshed["expires_at"], "2026-04-01T00:00:00Z");
}

#[tokio::test]
async fn sessions_of_others_are_not_listed() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let of_john = current(&app, &john.log_in(&app).await).await;
    let of_jane = Person::new("jane@example.com").join(&app).await.log_in(&app).await;
    assert_eq!(listed(&app, &of_jane).await, [current(&app, &of_jane).await]);
    assert_eq!(listed(&app, &john.log_in(&app).await).await.len(), 2);
    assert!(!listed(&app, &of_jane).await.contains(&of_john));

    let namesake = Person::new("john@example.com").of("User2").join(&app).await.log_in(&app).await;
    let there = json(app.get_as(&namesake, "/User2/me/sessions").await, 200).await;
    assert_eq!(there["sessions"].as_array().unwrap().len(), 1);
    problem(app.get_as(&namesake, "/User1/me/sessions").await, 401).await;
}

#[tokio::test]
async fn an_ended_session_is_not_listed() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let (ended, token) = (john.log_in(&app).await, john.log_in(&app).await);
    assert_eq!(listed(&app, &token).await.len(), 2);
    json(app.request(Method::POST, "/User1/logout").bearer_auth(&ended).send().await.unwrap(), 200).await;
    assert_eq!(listed(&app, &token).await, [current(&app, &token).await]);
    problem(app.get_as(&ended, "/User1/me/sessions").await, 401).await;
}

#[tokio::test]
async fn an_expired_session_is_not_listed() {
    let app = TestApp::with(&[("SESSION_MAX_AGE", "10m")]).await;
    let john = Person::new("john@example.com").join(&app).await;
    john.log_in(&app).await;
    app.advance(Duration::from_secs(300));
    let token = john.log_in(&app).await;
    app.advance(Duration::from_secs(299));
    assert_eq!(listed(&app, &token).await.len(), 2);
    app.advance(Duration::from_secs(1));
    assert_eq!(listed(&app, &token).await, [current(&app, &token).await]);
}

#[tokio::test]
async fn a_session_that_was_idle_too_long_is_not_listed() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    john.log_in(&app).await;
    app.advance(Duration::from_secs(30 * 24 * 3600));
    let token = john.log_in(&app).await;
    assert_eq!(listed(&app, &token).await, [current(&app, &token).await]);
}

#[tokio::test]
async fn the_list_needs_a_token() {
    let app = TestApp::start().await;
    assert_eq!(problem(app.get("/User1/me/sessions").await, 401).await["code"], "token.missing");
    assert_eq!(problem(app.get_as("junk", "/User1/me/sessions").await, 401).await["code"], "token.invalid");
}

#[tokio::test]
async fn pages_show_each_session_once_while_others_start_and_end() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let mut token = String::new();
    for number in 0..53 {
        // Several are used at the same moment.
        app.advance(Duration::from_secs(u64::from(number % 3 == 0)));
        token = john.log_in(&app).await;
    }
    let own = current(&app, &token).await;
    let all = ids(&page(&app, &token, "?limit=200").await);
    assert_eq!((all.len(), ids(&page(&app, &token, "").await).len()), (53, 50));
    let (mut walked, mut query) = (Vec::new(), "?limit=9".to_owned());
    loop {
        let seen = page(&app, &token, &query).await;
        walked.extend(ids(&seen));
        let Some(next) = seen["next"].as_str() else { break };
        assert_eq!(ids(&seen).len(), 9);
        query = format!("?limit=9&cursor={next}");
        app.advance(Duration::from_secs(1));
        john.log_in(&app).await;
        let last = walked.last().unwrap();
        if *last != own {
            end(&app, &token, last).await;
        }
    }
    assert_eq!(walked, all);
    let whole = ids(&page(&app, &token, "?limit=200").await).len();
    assert_eq!(page(&app, &token, &format!("?limit={whole}")).await["next"], Value::Null, "the last page is full");
}

#[tokio::test]
async fn cursors_of_others_and_limits_beyond_the_most_are_rejected() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let jane = Person::new("jane@example.com").join(&app).await;
    john.log_in(&app).await;
    jane.log_in(&app).await;
    let (token, hers) = (john.log_in(&app).await, jane.log_in(&app).await);
    let cursor = async |token: &str, list: &str| {
        let first = json(app.get_as(token, &format!("/User1/me/{list}?limit=1")).await, 200).await;
        first["next"].as_str().unwrap().to_owned()
    };
    let (own, of_jane) = (cursor(&token, "sessions").await, cursor(&hers, "sessions").await);
    let of_events = cursor(&token, "events").await;
    let changed = own.replacen(own.chars().next().unwrap(), "_", 1);
    for cursor in [of_jane.as_str(), &of_events, &changed, &own[1..], "", "x"] {
        let refused = problem(app.get_as(&token, &format!("/User1/me/sessions?cursor={cursor}")).await, 400).await;
        assert_eq!(refused["code"], "cursor.invalid", "{cursor}");
    }
    for limit in ["0", "201", "-1", "", "ten"] {
        let refused = problem(app.get_as(&token, &format!("/User1/me/sessions?limit={limit}")).await, 422).await;
        assert_eq!(refused["errors"][0]["code"], "limit.invalid", "{limit}");
    }
}

/// `routes/me` tests the opposite order.
#[tokio::test]
async fn the_newest_session_ends_the_oldest_and_no_other() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let mut tokens = Vec::new();
    for _ in 0..3 {
        tokens.push(john.log_in(&app).await);
        app.advance(Duration::from_secs(1));
    }
    let [oldest, middle, newest] = &tokens[..] else { panic!() };
    let kept = [current(&app, newest).await, current(&app, middle).await];
    end(&app, newest, &current(&app, oldest).await).await;
    problem(app.get_as(oldest, "/User1/me").await, 401).await;
    for token in [middle, newest] {
        assert_eq!(listed(&app, token).await, kept);
    }
}
