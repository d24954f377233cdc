//! The caller's phone number: changed by a code to the new number, or removed.

use std::time::Duration;

use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::support::{Person, TestApp, json, problem};

const NEW: &str = "+12025550143";

async fn ask(app: &TestApp, token: &str, phone: &str) -> Response {
    let request = app.request(Method::POST, "/User1/me/phone").bearer_auth(token);
    request.json(&json!({ "phone": phone })).send().await.unwrap()
}

async fn remove(app: &TestApp, token: &str) -> Response {
    app.request(Method::DELETE, "/User1/me/phone").bearer_auth(token).send().await.unwrap()
}

async fn give(app: &TestApp, handle: &Value, code: &Value) -> Response {
    app.post_json("/User1/verify_otp_phone", json!({ "handle": handle, "code": code })).await
}

async fn me(app: &TestApp, token: &str) -> Value {
    json(app.get_as(token, "/User1/me").await, 200).await
}

async fn code_to(app: &TestApp, phone: &str) -> Value {
    app.mails_to(phone).await[0]["code"].clone()
}

#[tokio::test]
async fn the_code_to_the_new_number_replaces_the_old_one() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let token = john.log_in(&app).await;
    let asked = json(ask(&app, &token, NEW).await, 202).await;
    assert_eq!((&asked["handle"], &asked["expires_in"]), (&asked["otp"], &json!(300)));
    assert_eq!(me(&app, &token).await["phone"], "+1234567890");
    problem(give(&app, &asked["handle"], &json!("000000")).await, 400).await;
    let code = code_to(&app, NEW).await;
    json(give(&app, &asked["handle"], &code).await, 200).await;
    let after = me(&app, &token).await;
    assert_eq!((&after["phone"], &after["is_phone_verified"]), (&json!(NEW), &json!(true)));
    problem(give(&app, &asked["handle"], &code).await, 400).await;
    assert_eq!(
        app.mails_to(&john.email).await[0]["subject"],
        "The phone number of your Portcullis account was changed"
    );
}

#[tokio::test]
async fn a_later_request_ends_the_earlier_one() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let token = john.log_in(&app).await;
    let first = json(ask(&app, &token, NEW).await, 202).await;
    let code = code_to(&app, NEW).await;
    json(ask(&app, &token, "+12025550144").await, 202).await;
    problem(give(&app, &first["handle"], &code).await, 400).await;
    assert_eq!(me(&app, &token).await["phone"], "+1234567890");
}

#[tokio::test]
async fn a_removed_number_is_deleted_and_its_owner_is_notified() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let token = john.log_in(&app).await;
    json(remove(&app, &token).await, 200).await;
    assert_eq!(me(&app, &token).await["phone"], Value::Null);
    assert_eq!(
        app.mails_to(&john.email).await[0]["subject"],
        "The phone number of your Portcullis account was removed"
    );
    // The next code is the first one again.
    let asked = json(ask(&app, &token, NEW).await, 202).await;
    json(give(&app, &asked["handle"], &code_to(&app, NEW).await).await, 200).await;
    let mail = &app.mails_to(&john.email).await[0];
    assert_eq!(mail["subject"], "A phone number was added to your Portcullis account");
    assert!(mail["text"].as_str().unwrap().contains("then remove the phone"), "{mail}");
    json(remove(&app, &token).await, 200).await;
    problem(remove(&app, &token).await, 404).await;
    app.advance(Duration::from_secs(601));
    for refused in [remove(&app, &token).await, ask(&app, &token, NEW).await] {
        assert_eq!(problem(refused, 401).await["code"], "auth.stale");
    }
}

#[tokio::test]
async fn a_required_number_is_replaced_and_not_removed() {
    let app = TestApp::with(&[("SIGNUP_REQUIRED", "phone")]).await;
    let token = Person::new("john@example.com").join(&app).await.log_in(&app).await;
    let refused = problem(remove(&app, &token).await, 422).await;
    assert_eq!(
        (&refused["errors"][0]["field"], &refused["errors"][0]["code"]),
        (&json!("phone"), &json!("field.missing"))
    );
    let refused = problem(ask(&app, &token, "12").await, 422).await;
    assert_eq!(refused["errors"][0]["code"], "phone.invalid");
}

#[tokio::test]
async fn a_new_password_ends_a_change_of_the_number_that_waits() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let token = john.log_in(&app).await;
    let asked = json(ask(&app, &token, "+12025550143").await, 202).await;
    let code = code_to(&app, "+12025550143").await;
    let change = json!({"current_password": john.password, "new_password": "violet-teapot-hammer"});
    let changed = app.request(Method::POST, "/User1/me/password").bearer_auth(&token).json(&change).send().await;
    assert_eq!(changed.unwrap().status(), 200);
    problem(give(&app, &asked["handle"], &code).await, 400).await;
    assert_eq!(me(&app, &token).await["phone"], "+1234567890");
}

/// A concurrent profile change does not make the request fail.
#[tokio::test]
async fn requests_for_a_number_while_the_profile_changes_succeed_or_are_asked_to_come_again() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let token = john.log_in(&app).await;
    let mut at_once = tokio::task::JoinSet::new();
    for number in 0..50 {
        let patch = app.request(Method::PATCH, "/User1/me").bearer_auth(&token);
        at_once.spawn(patch.json(&json!({"first_name": format!("Name {number}")})).send());
        let phone = app.request(Method::POST, "/User1/me/phone").bearer_auth(&token);
        at_once.spawn(phone.json(&json!({"phone": format!("+120255501{number:02}")})).send());
    }
    let answers: Vec<_> = at_once.join_all().await.into_iter().map(Result::unwrap).collect();
    let statuses: Vec<u16> = answers.iter().map(|answer| answer.status().as_u16()).collect();
    // On a slow machine, MongoDB cannot complete a hundred changes of one document within the time limit.
    let is_ok = |answer: &Response| match answer.status().as_u16() {
        200 | 202 => true,
        503 => answer.headers().contains_key("retry-after"),
        _ => false,
    };
    assert!(answers.iter().all(is_ok), "{statuses:?}");
    assert!(statuses.contains(&200) && statuses.contains(&202), "{statuses:?}");
}
