//! Events of the caller's account, and of no other.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Person, TestApp, json as answer, problem};

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0";
const FIREFOX_NAME: &str = "Firefox on Linux";
const WRONG: &str = "wrong-wrong-wrong";

async fn page(app: &TestApp, token: &str, query: &str) -> Value {
    answer(app.get_as(token, &format!("/User1/me/events{query}")).await, 200).await
}

fn words(page: &Value) -> Vec<&str> {
    page["events"].as_array().unwrap().iter().map(|event| event["event"].as_str().unwrap()).collect()
}

fn ids(page: &Value) -> Vec<String> {
    page["events"].as_array().unwrap().iter().map(|event| event["id"].as_str().unwrap().to_owned()).collect()
}

async fn log_in_with_firefox(app: &TestApp, person: &Person) -> String {
    let form = [("username", person.email.as_str()), ("password", person.password.as_str())];
    let login = app.request(Method::POST, &person.path("login")).header("user-agent", FIREFOX).form(&form);
    answer(login.send().await.unwrap(), 200).await["access_token"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn an_event_is_shown_with_device_address_and_session() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    app.advance(Duration::from_secs(1));
    let token = log_in_with_firefox(&app, &john).await;
    let seen = page(&app, &token, "").await;
    assert_eq!(words(&seen)[0], "logged_in");
    // Both have the same millisecond.
    assert!(["registered", "email_verified"].iter().all(|word| words(&seen)[1..].contains(word)), "{seen}");
    let sessions = answer(app.get_as(&token, "/User1/me/sessions").await, 200).await;
    assert_eq!(sessions["sessions"][0]["device"], FIREFOX_NAME);
    let expected = json!({
        "id": seen["events"][0]["id"],
        "at": "2026-01-01T00:00:01Z",
        "event": "logged_in",
        "outcome": "ok",
        "device": FIREFOX_NAME,
        "ip": "127.0.0.1",
        "session": sessions["sessions"][0]["id"],
        "by": "user",
    });
    assert_eq!(seen["events"][0], expected);
    assert_eq!(seen["next"], Value::Null);
}

#[tokio::test]
async fn a_user_sees_rejected_logins_and_reset_requests_of_their_account_alone() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let jane = Person::new("jane@example.com").join(&app).await;
    let elsewhere = Person::new("john@example.com").of("User2").join(&app).await;
    let (token, hers) = (john.log_in(&app).await, jane.log_in(&app).await);
    app.advance(Duration::from_secs(1));
    problem(app.login("User1", &john.email, WRONG).await, 401).await;
    problem(app.login("User1", "free@example.com", WRONG).await, 401).await;
    problem(app.login("User2", &elsewhere.email, WRONG).await, 401).await;
    app.advance(Duration::from_secs(1));
    answer(app.post_form("/User1/forget_password", &[("email", &john.email)]).await, 200).await;
    let seen = page(&app, &token, "").await;
    assert_eq!(words(&seen)[..2], ["reset_requested", "login_refused"]);
    assert_eq!((&seen["events"][1]["outcome"], &seen["events"][1]["session"]), (&json!("refused"), &Value::Null));
    assert_eq!(words(&seen).iter().filter(|word| **word == "login_refused").count(), 1);
    assert!(!words(&page(&app, &hers, "").await).contains(&"login_refused"));
    problem(app.get_as(&token, "/User2/me/events").await, 401).await;
}

#[tokio::test]
async fn pages_neither_skip_nor_repeat_events_while_new_ones_arrive() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let mut token = String::new();
    for _ in 0..7 {
        app.advance(Duration::from_secs(1));
        token = john.log_in(&app).await;
    }
    let all = ids(&page(&app, &token, "?limit=200").await);
    assert_eq!(all.len(), 9);
    let (mut walked, mut query) = (Vec::new(), "?limit=2".to_owned());
    loop {
        let seen = page(&app, &token, &query).await;
        walked.extend(ids(&seen));
        let Some(next) = seen["next"].as_str() else { break };
        app.advance(Duration::from_secs(1));
        john.log_in(&app).await;
        query = format!("?limit=2&cursor={next}");
    }
    assert_eq!(walked, all);
    let whole = page(&app, &token, &format!("?limit={}", all.len() + 4)).await;
    assert_eq!(whole["next"], Value::Null, "the last page has no cursor, also if it is full");
}

#[tokio::test]
async fn cursors_of_others_and_limits_beyond_the_most_are_rejected() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let jane = Person::new("jane@example.com").join(&app).await;
    let (token, hers) = (john.log_in(&app).await, jane.log_in(&app).await);
    let next = page(&app, &hers, "?limit=1").await["next"].as_str().unwrap().to_owned();
    let own = page(&app, &token, "?limit=1").await["next"].as_str().unwrap().to_owned();
    let changed = own.replacen(own.chars().next().unwrap(), "_", 1);
    for cursor in [next.as_str(), &changed, &own[1..], "", "x"] {
        let refused = problem(app.get_as(&token, &format!("/User1/me/events?cursor={cursor}")).await, 400).await;
        assert_eq!(refused["code"], "cursor.invalid", "{cursor}");
    }
    for limit in ["0", "201", "-1", "", "ten", "1e2"] {
        let refused = problem(app.get_as(&token, &format!("/User1/me/events?limit={limit}")).await, 422).await;
        assert_eq!(refused["errors"][0]["code"], "limit.invalid", "{limit}");
    }
    problem(app.get("/User1/me/events").await, 401).await;
}

#[tokio::test]
async fn events_are_shown_for_ninety_days() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    app.advance(Duration::from_secs(90 * 86_400));
    let token = john.log_in(&app).await;
    assert_eq!(words(&page(&app, &token, "").await).len(), 3);
    app.advance(Duration::from_secs(1));
    assert_eq!(words(&page(&app, &token, "").await), ["logged_in"]);
}

#[tokio::test]
async fn repeated_refusals_are_one_event_and_one_more_for_the_rest_of_the_minute() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let token = john.log_in(&app).await;
    for _ in 0..25 {
        app.advance(Duration::from_secs(1));
        problem(app.login("User1", &john.email, WRONG).await, 401).await;
    }
    let refused = || async {
        let seen = page(&app, &token, "?limit=200").await;
        words(&seen).iter().filter(|word| **word == "login_refused").count()
    };
    app.run_maintenance().await;
    assert_eq!(refused().await, 1, "the minute is not over");
    app.advance(Duration::from_secs(36));
    app.run_maintenance().await;
    app.run_maintenance().await;
    assert_eq!(refused().await, 2);
    let realm = portcullis_core::id::RealmName::parse("User1").unwrap();
    let rows = app.store().await.audit_rows(&realm, 100).await.unwrap();
    let counted: Vec<_> = rows.iter().filter(|row| row.event == "login_refused").collect();
    assert_eq!((counted[0].count, counted[1].count), (24, 1));
    let details: Value = serde_json::from_str(&counted[0].details).unwrap();
    assert_eq!(details["requests"].as_array().unwrap().len(), 20);
    problem(app.login("User1", &john.email, WRONG).await, 401).await;
    assert_eq!(refused().await, 3, "a new minute begins with a row immediately");
}

#[tokio::test]
async fn clients_are_sealed_in_the_store_and_unreadable_after_erasure() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let token = log_in_with_firefox(&app, &john).await;
    problem(app.login("User1", "free@example.com", WRONG).await, 401).await;
    for (name, bytes) in app.contents().await {
        for planted in [FIREFOX, FIREFOX_NAME, "Firefox", "127.0.0.1", "john@example.com"] {
            let found = bytes.windows(planted.len()).any(|window| window == planted.as_bytes());
            assert!(!found, "{planted} lies open in {name}");
        }
    }
    let (id, email) = (john.id.as_str(), john.email.as_str());
    let own = [("id", id), ("email", email)];
    let erased = app.request(Method::DELETE, "/User1/delete").bearer_auth(&token).query(&own).send().await.unwrap();
    assert_eq!(erased.status(), 200);
    let store = app.store().await;
    let realm = portcullis_core::id::RealmName::parse("User1").unwrap();
    let rows = store.audit_rows(&realm, 100).await.unwrap();
    let theirs = rows.iter().filter(|row| row.user.as_ref().is_some_and(|user| user.as_str() == id));
    assert!(theirs.clone().count() >= 3 && theirs.clone().any(|row| row.client.is_some()), "the rows stay");
    // The only copy of the key that decrypts them was in the user's row.
    assert_eq!(store.user(&realm, &portcullis_core::id::UserId::parse(id).unwrap()).await.unwrap(), None);
}

#[tokio::test]
async fn changes_of_number_and_password_and_their_undo_are_events_of_the_user() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let token = john.log_in(&app).await;
    let send = async |method: Method, path: &str, body: Value| {
        let request = app.request(method, &john.path(path)).bearer_auth(&token).json(&body);
        request.send().await.unwrap()
    };
    let asked = answer(send(Method::POST, "me/phone", json!({"phone": "+12025550143"})).await, 202).await;
    let code = app.mails_to("+12025550143").await[0]["code"].clone();
    let code = json!({"handle": asked["handle"], "code": code});
    answer(app.post_json("/User1/verify_otp_phone", code).await, 200).await;
    answer(send(Method::DELETE, "me/phone", json!({})).await, 200).await;
    let new = json!({"current_password": john.password, "new_password": "violet-teapot-hammer"});
    answer(send(Method::POST, "me/password", new).await, 200).await;
    let link = app.link(&john.email, "undo").await;
    let undone = app.post_form("/User1/undo", &[("token", link.split_once("token=").unwrap().1)]).await;
    assert_eq!(undone.status(), 200);
    let link = app.link(&john.email, "reset_password_form").await;
    let path = link.strip_prefix(&app.base).unwrap().replace("reset_password_form", "reset_password");
    assert_eq!(app.post_form(&path, &[("password", "hammer-violet-teapot")]).await.status(), 200);

    let token = john.with_password("hammer-violet-teapot").log_in(&app).await;
    let seen = page(&app, &token, "?limit=200").await;
    for event in ["phone_changed", "phone_removed", "password_changed", "password_change_undone", "password_reset"] {
        assert_eq!(words(&seen).iter().filter(|word| **word == event).count(), 1, "{event}: {seen}");
    }
}

#[tokio::test]
async fn a_row_names_the_process_that_wrote_it() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let nodes = async |app: &TestApp| {
        let realm = portcullis_core::id::RealmName::parse("User1").unwrap();
        let rows = app.store().await.audit_rows(&realm, 100).await.unwrap();
        let nodes: Vec<String> = rows.into_iter().map(|row| row.node.unwrap()).collect();
        nodes
    };
    let before = nodes(&app).await;
    assert!(before.len() > 1 && before.iter().all(|node| *node == before[0] && node.len() == 26), "{before:?}");
    let app = app.restart().await;
    app.advance(Duration::from_secs(1));
    john.log_in(&app).await;
    let after = nodes(&app).await;
    assert_eq!(after[1..], before);
    assert_ne!(after[0], before[0], "each process has a different name");
}
