use std::time::Duration;

use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::support::{Authenticator, Person, Protected, TestApp, json, problem};

async fn post(app: &TestApp, token: &str, path: &str, body: Value) -> Response {
    app.request(Method::POST, &format!("/User1/me/mfa/{path}")).bearer_auth(token).json(&body).send().await.unwrap()
}

#[tokio::test]
async fn an_authenticator_app_counts_once_its_code_is_given_back() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let token = john.log_in(&app).await;
    let empty = json(app.get_as(&token, "/User1/me/mfa").await, 200).await;
    let nothing = json!({
        "two_step": false, "policy": "optional", "methods": ["passkey", "totp", "recovery_code"], "factors": [],
        "recovery_codes": null,
    });
    assert_eq!(empty, nothing);
    let offer = json(post(&app, &token, "totp", json!({"name": "Phone"})).await, 200).await;
    assert_eq!(offer["expires_in"], 600);
    let secret = offer["secret"].as_str().unwrap();
    assert_eq!(secret.len(), 32);
    let uri = format!("otpauth://totp/Portcullis:john%40example.com?secret={secret}&issuer=Portcullis");
    assert_eq!(offer["uri"], uri);
    assert!(offer["qr"].as_str().unwrap().contains("<svg"));
    // Nothing has changed so far.
    assert_eq!(json(app.get_as(&token, "/User1/me/mfa").await, 200).await, nothing);
    john.log_in(&app).await;

    let authenticator = Authenticator::of(&offer);
    let confirm = json!({"enrolment": offer["enrolment"], "code": authenticator.code(&app)});
    let added = json(post(&app, &token, "totp/confirm", confirm.clone()).await, 201).await;
    assert_eq!(
        (&added["type"], &added["name"], &added["last_used_at"]),
        (&json!("totp"), &json!("Phone"), &Value::Null)
    );
    assert_eq!(added["recovery_codes"].as_array().unwrap().len(), 10);
    assert!(added.get("tokens").is_none());
    let status = json(app.get_as(&token, "/User1/me/mfa").await, 200).await;
    assert_eq!((&status["two_step"], &status["recovery_codes"]["left"]), (&json!(true), &json!(10)));
    assert_eq!(status["factors"][0]["id"], added["id"]);
    assert!(!status.to_string().contains(secret));
    // An enrolment can be used once, and so can its time step.
    assert_eq!(problem(post(&app, &token, "totp/confirm", confirm).await, 400).await["code"], "mfa.invalid");
    let protected = Protected { person: john, app: authenticator, recovery: Vec::new(), token };
    let code = protected.app.code(&app);
    problem(protected.enter(&app, &[("code", &code)]).await, 403).await;
    protected.log_in(&app).await;
}

#[tokio::test]
async fn the_first_factor_raises_its_session_and_ends_the_others() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let other = john.log_in(&app).await;
    let entered = json(app.login("User1", &john.email, &john.password).await, 200).await;
    let token = entered["access_token"].as_str().unwrap();
    Authenticator::add(&app, token).await;
    problem(app.get_as(&other, "/User1/me").await, 401).await;
    let sessions = json(app.get_as(token, "/User1/me/sessions").await, 200).await;
    assert_eq!(sessions["sessions"][0]["acr"], "urn:portcullis:aal2");
    assert_eq!(sessions["sessions"][0]["amr"], json!(["pwd", "otp", "mfa"]));
    // Adding another factor ends no sessions and creates no codes.
    let beside = Protected { token: token.to_owned(), ..Protected::join(&app, "jane@example.com").await };
    let (_, added) = {
        app.advance(Duration::from_secs(30));
        Authenticator::add(&app, &beside.token).await
    };
    assert!(added.get("recovery_codes").is_none());
}

#[tokio::test]
async fn an_enrolment_belongs_to_its_session_and_ends() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let (token, other) = (john.log_in(&app).await, john.log_in(&app).await);
    let jane = Person::new("jane@example.com").join(&app).await.log_in(&app).await;
    let offer = json(post(&app, &token, "totp", json!({})).await, 200).await;
    let authenticator = Authenticator::of(&offer);
    let confirm = |code: String| json!({"enrolment": offer["enrolment"], "code": code});
    for stranger in [&other, &jane] {
        let refused = post(&app, stranger, "totp/confirm", confirm(authenticator.code(&app))).await;
        assert_eq!(problem(refused, 400).await["code"], "mfa.invalid");
    }
    let wrong = authenticator.wrong(&app);
    for _ in 0..5 {
        problem(post(&app, &token, "totp/confirm", confirm(wrong.clone())).await, 400).await;
    }
    problem(post(&app, &token, "totp/confirm", confirm(authenticator.code(&app))).await, 400).await;

    let offer = json(post(&app, &token, "totp", json!({})).await, 200).await;
    let authenticator = Authenticator::of(&offer);
    app.advance(Duration::from_secs(601));
    let late = json!({"enrolment": offer["enrolment"], "code": authenticator.code(&app)});
    problem(post(&app, &token, "totp/confirm", late).await, 400).await;
    for malformed in [json!({"enrolment": "nonsense", "code": "123456"}), json!({"enrolment": "", "code": "1"})] {
        problem(post(&app, &token, "totp/confirm", malformed).await, 400).await;
    }
    problem(post(&app, &token, "totp/confirm", json!({})).await, 422).await;
}

#[tokio::test]
async fn adding_a_factor_needs_a_recent_login_and_there_are_three_at_most() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let token = john.log_in(&app).await;
    app.advance(Duration::from_secs(11 * 60));
    assert_eq!(problem(post(&app, &token, "totp", json!({})).await, 401).await["code"], "auth.stale");
    let wrong = json!({"current_password": "wrong-wrong-wrong"});
    assert_eq!(problem(post(&app, &token, "totp", wrong).await, 403).await["code"], "password.wrong");
    let right = json!({"current_password": john.password});
    json(post(&app, &token, "totp", right).await, 200).await;

    let token = john.log_in(&app).await;
    for _ in 0..3 {
        app.advance(Duration::from_secs(30));
        Authenticator::add(&app, &token).await;
    }
    assert_eq!(problem(post(&app, &token, "totp", json!({})).await, 409).await["code"], "mfa.too_many");
    for name in ["", " ", &"x".repeat(65), "a\u{7}b"] {
        let refused = problem(post(&app, &token, "totp", json!({"name": name})).await, 422).await;
        assert_eq!(refused["errors"][0]["code"], "name.invalid");
    }
    problem(post(&app, &token, "totp", json!({"nickname": "x"})).await, 422).await;
}

#[tokio::test]
async fn one_of_fifty_concurrent_confirmations_adds_the_factor() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let token = john.log_in(&app).await;
    let offer = json(post(&app, &token, "totp", json!({})).await, 200).await;
    let body = json!({"enrolment": offer["enrolment"], "code": Authenticator::of(&offer).code(&app)});
    let all = (0..50).map(|_| post(&app, &token, "totp/confirm", body.clone()));
    let answers = futures_util::future::join_all(all).await;
    assert_eq!(answers.iter().filter(|answer| answer.status() == 201).count(), 1);
    let status = json(app.get_as(&token, "/User1/me/mfa").await, 200).await;
    assert_eq!(status["factors"].as_array().unwrap().len(), 1);
}
