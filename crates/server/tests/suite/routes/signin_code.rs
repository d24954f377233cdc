//! `signin_code/start` and `signin_code/finish`: login with a mailed code.

use std::time::Duration;

use futures_util::future::join_all;
use reqwest::Response;
use serde_json::json;

use crate::{
    limits::ENFORCED,
    support::{Person, Protected, TestApp, complete, json, passkeys::claims, problem},
};

const ON: &[(&str, &str)] = &[("EMAIL_SIGNIN", "code")];

/// Requests a code, and returns its handle.
async fn start(app: &TestApp, email: &str) -> String {
    let started = json(app.post_json("/User1/signin_code/start", json!({"email": email})).await, 200).await;
    assert_eq!(started["message"], "Sign-in code sent to your email");
    assert_eq!(started["expires_in"], 600);
    started["handle"].as_str().unwrap().to_owned()
}

/// Returns the code in the newest mail to an address.
async fn code(app: &TestApp, email: &str) -> String {
    app.mails_to(email).await[0]["code"].as_str().unwrap().to_owned()
}

/// Returns a code that is not this one.
fn other(code: &str) -> String {
    format!("{:06}", (code.parse::<u32>().unwrap() + 1) % 1_000_000)
}

async fn finish(app: &TestApp, handle: &str, code: &str) -> Response {
    app.post_json("/User1/signin_code/finish", json!({"handle": handle, "code": code})).await
}

async fn refused(answer: Response) {
    assert_eq!(problem(answer, 400).await["code"], "signin_code.invalid");
}

#[tokio::test]
async fn a_mailed_code_logs_in_once() {
    let app = TestApp::with(ON).await;
    Person::new("john@example.com").join(&app).await;
    let handle = start(&app, "John@Example.com").await;
    let mail = app.mails_to("john@example.com").await.remove(0);
    assert_eq!(mail["subject"], "Your Portcullis sign-in code");
    let code = mail["code"].as_str().unwrap();
    assert!(mail["text"].as_str().unwrap().contains(code) && mail["html"].as_str().unwrap().contains(code));
    assert!(mail["text"].as_str().unwrap().contains("10 minutes"));

    refused(finish(&app, &handle, &other(code)).await).await;
    let form = [("handle", handle.as_str()), ("code", &format!("{} {}", &code[..3], &code[3..]))];
    let tokens = json(app.post_form("/User1/signin_code/finish", &form).await, 200).await;
    let claims = claims(&tokens["access_token"]);
    assert_eq!((&claims["amr"], &claims["acr"]), (&json!(["otp"]), &json!("urn:portcullis:aal1")));
    let me = json(app.get_as(tokens["access_token"].as_str().unwrap(), "/User1/me").await, 200).await;
    assert_eq!(me["email"], "john@example.com");
    refused(finish(&app, &handle, code).await).await;
    refused(finish(&app, "junk", code).await).await;
    let faults = problem(finish(&app, &handle, "12345").await, 422).await;
    assert_eq!(faults["errors"][0]["code"], "code.invalid");
}

#[tokio::test]
async fn a_handle_has_five_attempts_and_ten_minutes_and_its_own_code() {
    let app = TestApp::with(ON).await;
    Person::new("john@example.com").join(&app).await;
    let first = start(&app, "john@example.com").await;
    let code_of_first = code(&app, "john@example.com").await;
    let second = start(&app, "john@example.com").await;
    let code_of_second = code(&app, "john@example.com").await;
    assert_ne!(code_of_first, code_of_second);
    refused(finish(&app, &second, &code_of_first).await).await;
    json(finish(&app, &first, &code_of_first).await, 200).await;

    for _ in 0..4 {
        refused(finish(&app, &second, &other(&code_of_second)).await).await;
    }
    refused(finish(&app, &second, &code_of_second).await).await;
    let third = start(&app, "john@example.com").await;
    let code_of_third = code(&app, "john@example.com").await;
    app.advance(Duration::from_secs(600));
    refused(finish(&app, &third, &code_of_third).await).await;
}

#[tokio::test]
async fn of_fifty_uses_of_a_code_at_once_one_succeeds() {
    let app = TestApp::with(ON).await;
    Person::new("john@example.com").join(&app).await;
    let handle = start(&app, "john@example.com").await;
    let code = code(&app, "john@example.com").await;
    let answers = join_all((0..50).map(|_| finish(&app, &handle, &code))).await;
    let statuses: Vec<u16> = answers.iter().map(|answer| answer.status().as_u16()).collect();
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    assert!(statuses.iter().all(|status| [200, 400].contains(status)), "{statuses:?}");
}

#[tokio::test]
async fn two_step_verification_asks_for_a_factor_after_the_code() {
    let app = TestApp::with(ON).await;
    let john = Protected::join(&app, "john@example.com").await;
    let handle = start(&app, "john@example.com").await;
    let code = code(&app, "john@example.com").await;
    let challenged = json(finish(&app, &handle, &code).await, 403).await;
    assert_eq!(challenged["error"], "mfa_required");
    app.advance(Duration::from_secs(60));
    let ticket = challenged["mfa_token"].as_str().unwrap();
    let tokens = json(complete(&app, ticket, &[("code", &john.app.code(&app))]).await, 200).await;
    assert_eq!(claims(&tokens["access_token"])["amr"], json!(["otp", "mfa"]));
    refused(finish(&app, &handle, &code).await).await;
}

#[tokio::test]
async fn an_address_without_a_user_gets_no_code() {
    let app = TestApp::with(ON).await;
    let unknown = start(&app, "nemo@example.com").await;
    refused(finish(&app, &unknown, "123456").await).await;
    Person::new("mary@example.com").register(&app).await;
    let registered = start(&app, "mary@example.com").await;
    let mails = app.mails_to("mary@example.com").await;
    assert_eq!(mails.len(), 2);
    assert_eq!((&mails[0]["subject"], &mails[0]["code"]), (&mails[1]["subject"], &json!("")));
    refused(finish(&app, &registered, "123456").await).await;
    let owner = app.owner().await;
    json(owner.post(&app, "/realms/User1/users", json!({"email": "anna@example.com"})).await, 201).await;
    start(&app, "anna@example.com").await;
    let mails = app.mails_to("anna@example.com").await;
    assert_eq!((mails.len(), &mails[0]["subject"]), (2, &mails[1]["subject"]));
    assert!(app.mails_to("nemo@example.com").await.is_empty());
}

#[tokio::test]
async fn a_new_password_and_a_lock_end_mailed_codes() {
    let app = TestApp::with(ON).await;
    let john = Person::new("john@example.com").join(&app).await;
    let token = john.log_in(&app).await;
    let handle = start(&app, &john.email).await;
    let before = code(&app, &john.email).await;
    let body = json!({"current_password": john.password, "new_password": "violet-teapot-hammer"});
    json(
        app.request(reqwest::Method::POST, "/User1/me/password").bearer_auth(&token).json(&body).send().await.unwrap(),
        200,
    )
    .await;
    refused(finish(&app, &handle, &before).await).await;

    let handle = start(&app, &john.email).await;
    let before = code(&app, &john.email).await;
    let owner = app.owner().await;
    let path = format!("/realms/User1/users/{}", john.id);
    let body = json!({"reason": "The phone was stolen."});
    json(owner.change(&app, reqwest::Method::POST, &format!("{path}/lock"), body).await, 200).await;
    refused(finish(&app, &handle, &before).await).await;
    let handle = start(&app, &john.email).await;
    let locked = code(&app, &john.email).await;
    assert_eq!(problem(finish(&app, &handle, &locked).await, 403).await["code"], "account.locked");
}

#[tokio::test]
async fn after_twenty_wrong_codes_only_the_link_works() {
    let settings = [ENFORCED, ON, &[("LIMIT_LINKS_CLIENT", "1000/1m"), ("LIMIT_MAILS_ACCOUNT", "50/1h")]].concat();
    let settings = [settings, vec![("LIMIT_MAILS_MAILBOX_ACCOUNT", "50/1h"), ("LIMIT_MAILS_CLIENT", "50/1h")]].concat();
    let app = TestApp::with(&settings).await;
    Person::new("john@example.com").join(&app).await;
    for _ in 0..5 {
        let handle = start(&app, "john@example.com").await;
        let wrong = other(&code(&app, "john@example.com").await);
        for _ in 0..4 {
            refused(finish(&app, &handle, &wrong).await).await;
        }
    }
    let handle = start(&app, "john@example.com").await;
    let right = code(&app, "john@example.com").await;
    refused(finish(&app, &handle, &right).await).await;
    let link = app.link("john@example.com", "signin/code").await;
    assert_eq!(app.visit(&link).await.status(), 303, "the link is still good");
    let audit = app.audit("User1").await;
    let reasons: Vec<&str> = audit
        .iter()
        .filter(|row| row.event.as_str() == "signin_code_refused")
        .filter_map(|row| row.reason.as_deref())
        .collect();
    assert!(reasons.contains(&"wrong") && reasons.contains(&"limit"), "{reasons:?}");
    app.advance(Duration::from_secs(24 * 3600));
    let handle = start(&app, "john@example.com").await;
    let right = code(&app, "john@example.com").await;
    json(finish(&app, &handle, &right).await, 200).await;
}

#[tokio::test]
async fn it_is_off_by_default_and_per_realm() {
    let app = TestApp::with(&[("REALM_USER2_EMAIL_SIGNIN", "code")]).await;
    let body = json!({"email": "john@example.com"});
    problem(app.post_json("/User1/signin_code/start", body.clone()).await, 404).await;
    problem(app.post_json("/User1/signin_code/finish", json!({"handle": "a", "code": "123456"})).await, 404).await;
    assert_eq!(app.visit(&format!("{}/User1/signin/code", app.base)).await.status(), 404);
    json(app.post_json("/User2/signin_code/start", body).await, 200).await;
    let off = TestApp::start().await;
    problem(off.post_json("/User1/signin_code/start", json!({"email": "john@example.com"})).await, 404).await;
    let document = json(off.get("/openapi.json").await, 200).await;
    assert!(document["paths"]["/v1/{realm}/signin_code/start"].is_null());
}
