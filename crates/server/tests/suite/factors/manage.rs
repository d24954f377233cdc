use std::time::Duration;

use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::support::{Authenticator, Person, Protected, TestApp, json, passkeys::add, problem};

async fn send(app: &TestApp, method: Method, token: &str, path: &str, body: Value) -> Response {
    app.request(method, &format!("/User1/me/{path}")).bearer_auth(token).json(&body).send().await.unwrap()
}

async fn status(app: &TestApp, token: &str) -> Value {
    json(app.get_as(token, "/User1/me/mfa").await, 200).await
}

fn id(status: &Value, at: usize) -> String {
    format!("mfa/{}", status["factors"][at]["id"].as_str().unwrap())
}

async fn subjects(app: &TestApp, email: &str) -> Vec<String> {
    app.mails_to(email).await.iter().map(|mail| mail["subject"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn the_last_factor_takes_two_step_and_the_recovery_codes_along() {
    let app = TestApp::start().await;
    let john = Protected::join(&app, "john@example.com").await;
    let other = john.log_in(&app).await["access_token"].as_str().unwrap().to_owned();
    app.advance(Duration::from_secs(30));
    Authenticator::add(&app, &john.token).await;
    let two = status(&app, &john.token).await;
    json(send(&app, Method::DELETE, &john.token, &id(&two, 1), json!({})).await, 200).await;
    problem(app.get_as(&other, "/User1/me").await, 401).await;
    let one = status(&app, &john.token).await;
    assert_eq!((&one["two_step"], one["factors"].as_array().unwrap().len()), (&json!(true), 1));
    assert_eq!(one["recovery_codes"]["left"], 10);
    problem(send(&app, Method::DELETE, &john.token, &id(&two, 1), json!({})).await, 404).await;
    let removed = json(send(&app, Method::DELETE, &john.token, &id(&one, 0), json!({})).await, 200).await;
    assert_eq!(removed["message"], "Factor removed");
    let none = status(&app, &john.token).await;
    assert_eq!(
        (&none["two_step"], &none["factors"], &none["recovery_codes"]),
        (&json!(false), &json!([]), &Value::Null)
    );
    john.person.log_in(&app).await;
    let told = subjects(&app, &john.person.email).await;
    assert_eq!(told[0], "An authenticator app was removed from your Portcullis account");
    assert!(app.mails_to(&john.person.email).await[0]["text"].as_str().unwrap().contains("verification is off"));
    assert_eq!(told[2], "An authenticator app was added to your Portcullis account");
}

#[tokio::test]
async fn two_step_is_switched_with_a_factor_only() {
    let app = TestApp::start().await;
    let jane = Person::new("jane@example.com").join(&app).await;
    let token = jane.log_in(&app).await;
    let on = send(&app, Method::PATCH, &token, "mfa", json!({"two_step": true})).await;
    assert_eq!(problem(on, 409).await["code"], "mfa.no_factor");
    let codes = send(&app, Method::POST, &token, "mfa/recovery_codes", json!({})).await;
    assert_eq!(problem(codes, 409).await["code"], "mfa.no_factor");
    for wrong in [json!({}), json!({"two_step": "true"}), json!({"two_step": true, "more": 1})] {
        problem(send(&app, Method::PATCH, &token, "mfa", wrong).await, 422).await;
    }

    let john = Protected::join(&app, "john@example.com").await;
    let switch =
        async |on: bool| json(send(&app, Method::PATCH, &john.token, "mfa", json!({"two_step": on})).await, 200).await;
    assert_eq!(switch(true).await, json!({"two_step": true}));
    assert_eq!(switch(false).await, json!({"two_step": false}));
    let other = john.person.log_in(&app).await;
    assert_eq!(switch(true).await, json!({"two_step": true}));
    problem(app.get_as(&other, "/User1/me").await, 401).await;
    problem(john.enter(&app, &[]).await, 403).await;
    let told = subjects(&app, &john.person.email).await;
    assert_eq!(told[0], "Two-step verification for your Portcullis account was turned on");
    assert_eq!(told[1], "Two-step verification for your Portcullis account was turned off");
}

#[tokio::test]
async fn a_later_factor_leaves_the_switch_and_the_sessions_as_they_are() {
    let app = TestApp::start().await;
    let john = Protected::join(&app, "john@example.com").await;
    json(send(&app, Method::PATCH, &john.token, "mfa", json!({"two_step": false})).await, 200).await;
    let other = john.person.log_in(&app).await;
    app.advance(Duration::from_secs(30));
    Authenticator::add(&app, &john.token).await;
    assert_eq!(status(&app, &john.token).await["two_step"], false);
    json(app.get_as(&other, "/User1/me").await, 200).await;
}

#[tokio::test]
async fn new_recovery_codes_replace_the_earlier_ones() {
    let app = TestApp::start().await;
    let john = Protected::join(&app, "john@example.com").await;
    let renewed = json(send(&app, Method::POST, &john.token, "mfa/recovery_codes", json!({})).await, 201).await;
    let new = renewed["recovery_codes"].as_array().unwrap();
    assert_eq!(new.len(), 10);
    problem(john.enter(&app, &[("code", &john.recovery[0])]).await, 403).await;
    json(john.enter(&app, &[("code", new[0].as_str().unwrap())]).await, 200).await;
    assert!(subjects(&app, &john.person.email).await.iter().any(|subject| subject.contains("New recovery codes")));
    let all = (0..20).map(|_| send(&app, Method::POST, &john.token, "mfa/recovery_codes", json!({})));
    for answer in futures_util::future::join_all(all).await {
        assert_eq!(answer.status(), 201);
    }
    assert_eq!(status(&app, &john.token).await["recovery_codes"]["left"], 10);
}

/// The same check protects all routes that change factors, and the other `fresh` routes.
#[tokio::test]
async fn with_two_step_on_changes_need_two_factors() {
    let app = TestApp::with(&[("MFA_METHODS", "passkey,totp,sms,recovery_code")]).await;
    let john = Protected::join(&app, "john@example.com").await;
    let (_, passkey) = add(&app, &john.token, "login").await;
    let passkey = format!("passkeys/{}", passkey["id"].as_str().unwrap());
    let code = john.app.next_code(&app);
    let trusted = json(john.enter(&app, &[("code", &code), ("remember", "true")]).await, 200).await;
    let factor = id(&status(&app, &john.token).await, 0);
    let weak = json(john.enter(&app, &[("device", trusted["device"].as_str().unwrap())]).await, 200).await;
    let weak = weak["access_token"].as_str().unwrap();
    let password = &john.person.password;
    let routes = [
        (Method::POST, "mfa/totp", json!({})),
        (Method::POST, "mfa/totp", json!({"current_password": password})),
        (Method::PATCH, "mfa", json!({"two_step": false, "current_password": password})),
        (Method::POST, "mfa/recovery_codes", json!({"current_password": password})),
        (Method::DELETE, factor.as_str(), json!({"current_password": password})),
        (Method::POST, "mfa/sms", json!({"current_password": password})),
        (Method::POST, "passkeys/options", json!({"current_password": password})),
        (Method::DELETE, passkey.as_str(), json!({"current_password": password})),
        (Method::DELETE, "mfa/unknown", json!({"current_password": password})),
        (Method::POST, "password", json!({"current_password": password, "new_password": "violet-teapot-hammer"})),
        (Method::POST, "email", json!({"email": "new@example.com", "current_password": password})),
        (Method::POST, "phone", json!({"phone": "+12025550143", "current_password": password})),
        (Method::DELETE, "phone", json!({"current_password": password})),
    ];
    for (method, path, body) in routes {
        let refused = send(&app, method, weak, path, body).await;
        let how = refused.headers()["www-authenticate"].to_str().unwrap().to_owned();
        assert!(how.contains("acr_values=\"urn:portcullis:aal2\"") && how.contains("max_age=\"600\""), "{path}: {how}");
        let refused = problem(refused, 401).await;
        assert_eq!(refused["code"], "auth.stale", "{path}");
        assert_eq!(refused["detail"], "Log in again with two factors to continue.", "{path}");
    }
    let me = app.request(Method::DELETE, "/User1/me").bearer_auth(weak).send().await.unwrap();
    assert_eq!(problem(me, 401).await["code"], "auth.stale");
    let query = [("id", john.person.id.as_str()), ("email", &john.person.email)];
    let delete = async |token: &str| {
        app.request(Method::DELETE, "/User1/delete").query(&query).bearer_auth(token).send().await.unwrap()
    };
    problem(delete(weak).await, 401).await;
    problem(app.get_as(weak, "/User1/me/export").await, 401).await;
    // A session with two factors is fresh for ten minutes on every route.
    let strong = john.log_in(&app).await["access_token"].as_str().unwrap().to_owned();
    app.advance(Duration::from_secs(11 * 60));
    problem(delete(&strong).await, 401).await;
    let strong = john.log_in(&app).await["access_token"].as_str().unwrap().to_owned();
    assert_eq!(delete(&strong).await.status(), 200);
}

#[tokio::test]
async fn the_events_of_factors_are_in_the_trail_of_the_user() {
    let app = TestApp::start().await;
    let john = Protected::join(&app, "john@example.com").await;
    problem(john.enter(&app, &[("code", &john.app.wrong(&app))]).await, 403).await;
    let code = john.app.next_code(&app);
    json(john.enter(&app, &[("code", &code), ("remember", "true")]).await, 200).await;
    json(john.enter(&app, &[("code", &john.recovery[0])]).await, 200).await;
    json(send(&app, Method::DELETE, &john.token, "devices", json!({})).await, 200).await;
    json(send(&app, Method::POST, &john.token, "mfa/recovery_codes", json!({})).await, 201).await;
    json(send(&app, Method::PATCH, &john.token, "mfa", json!({"two_step": false})).await, 200).await;
    let factor = id(&status(&app, &john.token).await, 0);
    json(send(&app, Method::DELETE, &john.token, &factor, json!({})).await, 200).await;
    let events = json(app.get_as(&john.token, "/User1/me/events").await, 200).await;
    let words: Vec<&str> =
        events["events"].as_array().unwrap().iter().map(|event| event["event"].as_str().unwrap()).collect();
    for word in [
        "factor_added",
        "mfa_challenged",
        "mfa_refused",
        "mfa_passed",
        "device_trusted",
        "recovery_used",
        "device_distrusted",
        "recovery_renewed",
        "two_step_changed",
        "factor_removed",
    ] {
        assert!(words.contains(&word), "{word} is missing: {words:?}");
    }
}

#[tokio::test]
async fn the_emails_name_the_app_unless_its_name_could_be_a_message() {
    let app = TestApp::start().await;
    let john = Protected::join(&app, "john@example.com").await;
    let said = async || {
        let text = app.mails_to(&john.person.email).await[0]["text"].as_str().unwrap().to_owned();
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    assert!(!said().await.contains("called"), "a name that was not chosen");
    for (name, is_named) in [("Work phone", true), ("Call +1 202 555 0143", false), ("visit evil.example", false)] {
        app.advance(Duration::from_secs(1));
        let offer = send(&app, Method::POST, &john.token, "mfa/totp", json!({"name": name})).await;
        let offer = json(offer, 200).await;
        let code = Authenticator::of(&offer).code(&app);
        let confirm = json!({"enrolment": offer["enrolment"], "code": code});
        let added = json(send(&app, Method::POST, &john.token, "mfa/totp/confirm", confirm).await, 201).await;
        assert_eq!(said().await.contains(&format!("It is called “{name}”.")), is_named, "{name}");
        let path = format!("mfa/{}", added["id"].as_str().unwrap());
        json(send(&app, Method::DELETE, &john.token, &path, json!({})).await, 200).await;
        assert_eq!(said().await.contains(&format!("It was called “{name}”.")), is_named, "{name}");
    }
}
