use std::time::Duration;

use portcullis_core::{
    factor::passkey::KeyAlgorithm,
    suite::authenticator::{SoftPasskey, USER_VERIFIED},
};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{
    Keyed, Person, Protected, TestApp, complete, json,
    passkeys::{ORIGIN, RP_ID, add, add_this, challenge, claims, complete_with, send},
    problem,
};

/// Creates a user and adds a security key without user verification.
async fn secured(app: &TestApp, email: &str) -> (Person, String, SoftPasskey) {
    let person = Person::new(email).join(app).await;
    let token = person.log_in(app).await;
    let mut key = SoftPasskey::new(KeyAlgorithm::Es256, RP_ID, ORIGIN);
    key.flags &= !USER_VERIFIED;
    json(add_this(app, &token, "second_factor", &mut key).await, 201).await;
    (person, token, key)
}

async fn ticket_of(app: &TestApp, person: &Person) -> Value {
    problem(app.login("User1", &person.email, &person.password).await, 403).await
}

#[tokio::test]
async fn a_security_key_completes_a_login() {
    let app = TestApp::start().await;
    let (john, _, mut key) = secured(&app, "john@example.com").await;
    let refused = ticket_of(&app, &john).await;
    assert_eq!(refused["challenges"], json!([{"type": "passkey"}, {"type": "recovery_code"}]));
    let ticket = refused["mfa_token"].as_str().unwrap();
    let options = json(challenge(&app, ticket).await, 200).await;
    let shown = &options["publicKey"];
    assert_eq!((&options["expires_in"], &shown["userVerification"]), (&json!(300), &json!("discouraged")));
    let id = data_encoding::BASE64URL_NOPAD.encode(&key.id);
    assert_eq!(
        shown["allowCredentials"],
        json!([{"type": "public-key", "id": id, "transports": ["internal", "hybrid"]}])
    );
    let entered = json(complete_with(&app, ticket, &mut key).await, 200).await;
    let claims = claims(&entered["access_token"]);
    assert_eq!((&claims["amr"], &claims["acr"]), (&json!(["pwd", "swk", "mfa"]), &json!("urn:portcullis:aal2")));
    // The ticket is used.
    assert_eq!(problem(challenge(&app, ticket).await, 400).await["code"], "mfa.invalid");
}

#[tokio::test]
async fn a_passkey_is_a_factor_after_a_password_too() {
    let app = TestApp::start().await;
    let mut john = Keyed::join(&app, "john@example.com").await;
    let on = send(&app, Method::PATCH, &john.token, "mfa", json!({"two_step": true})).await;
    assert_eq!(json(on, 200).await["recovery_codes"].as_array().unwrap().len(), 10);
    let refused = ticket_of(&app, &john.person).await;
    assert_eq!(refused["challenges"][0]["type"], "passkey");
    // In addition to a password, user verification is not required.
    john.passkey.flags &= !USER_VERIFIED;
    let ticket = refused["mfa_token"].as_str().unwrap();
    let entered = json(complete_with(&app, ticket, &mut john.passkey).await, 200).await;
    assert_eq!(claims(&entered["access_token"])["amr"], json!(["pwd", "swk", "mfa"]));
    // After a passkey no other factor is required.
    john.passkey.flags |= USER_VERIFIED;
    john.log_in(&app).await;
}

#[tokio::test]
async fn a_wrong_key_costs_a_try_and_a_challenge_is_of_its_ticket() {
    let app = TestApp::start().await;
    let (john, _, mut key) = secured(&app, "john@example.com").await;
    let (_, _, mut other) = secured(&app, "jane@example.com").await;
    let ticket = ticket_of(&app, &john).await["mfa_token"].as_str().unwrap().to_owned();
    let second = ticket_of(&app, &john).await["mfa_token"].as_str().unwrap().to_owned();
    let refused = json(complete_with(&app, &ticket, &mut other).await, 400).await;
    assert_eq!(refused, json!({"error": "invalid_grant", "error_description": "Invalid or expired code"}));
    // The challenge of another ticket.
    let options = json(challenge(&app, &second).await, 200).await;
    let credential = key.get(&options).json().to_string();
    let body = json!({"grant_type": "urn:portcullis:mfa", "mfa_token": ticket, "passkey": credential});
    json(app.post_json("/User1/token", body).await, 400).await;
    // The credential may be an object or a string. Exactly one factor is accepted.
    let two = json!({"grant_type": "urn:portcullis:mfa", "mfa_token": second, "passkey": {}, "code": "123456"});
    assert_eq!(json(app.post_json("/User1/token", two).await, 400).await["error"], "invalid_request");
    let options = json(challenge(&app, &second).await, 200).await;
    let object = json!({"grant_type": "urn:portcullis:mfa", "mfa_token": second, "passkey": key.get(&options).json()});
    json(app.post_json("/User1/token", object).await, 200).await;
    for _ in 0..3 {
        json(complete(&app, &ticket, &[("passkey", "{}")]).await, 400).await;
    }
    assert_eq!(problem(challenge(&app, &ticket).await, 400).await["code"], "mfa.invalid");
    for (body, status) in [
        (json!({"mfa_token": "junk", "type": "passkey"}), 400),
        (json!({"mfa_token": ticket_of(&app, &john).await["mfa_token"], "type": "totp"}), 400),
        (json!({"type": "passkey"}), 422),
        (json!({"mfa_token": "junk"}), 422),
    ] {
        problem(app.post_json("/User1/mfa/challenge", body).await, status).await;
    }
    // Without a passkey, the type is not among the challenges of the ticket.
    let plain = Protected::join(&app, "plain@example.com").await;
    problem(challenge(&app, &plain.ticket(&app).await).await, 400).await;
}

#[tokio::test]
async fn wrong_keys_are_counted_with_wrong_codes() {
    let app = TestApp::with(&[("RATE_LIMIT_MODE", "enforce")]).await;
    let (john, _, mut key) = secured(&app, "john@example.com").await;
    for _ in 0..5 {
        let ticket = ticket_of(&app, &john).await["mfa_token"].as_str().unwrap().to_owned();
        json(complete(&app, &ticket, &[("passkey", "{}")]).await, 400).await;
    }
    let ticket = ticket_of(&app, &john).await["mfa_token"].as_str().unwrap().to_owned();
    let limited = json(complete_with(&app, &ticket, &mut key).await, 429).await;
    assert_eq!(limited["limit"], "LIMIT_FACTORS_ACCOUNT");
    assert!(
        app.mails_to(&john.email)
            .await
            .iter()
            .any(|mail| mail["subject"] == "Someone may know your Portcullis password")
    );
}

#[tokio::test]
async fn a_passkey_alone_renews_a_login() {
    let app = TestApp::start().await;
    let mut john = Keyed::join(&app, "john@example.com").await;
    app.advance(Duration::from_secs(11 * 60));
    let token = john.token.clone();
    let step_up = async |body: Value| send(&app, Method::POST, &token, "step_up", body).await;
    let refused = problem(step_up(json!({})).await, 403).await;
    assert_eq!(refused["challenges"], json!([{"type": "password"}, {"type": "passkey"}]));
    let ticket = refused["mfa_token"].as_str().unwrap();
    let options = json(challenge(&app, ticket).await, 200).await;
    assert_eq!(options["publicKey"]["userVerification"], "preferred");
    let up = json(complete_with(&app, ticket, &mut john.passkey).await, 200).await;
    assert!(up.get("refresh_token").is_none());
    json(app.get_as(up["access_token"].as_str().unwrap(), "/User1/me/export").await, 200).await;
    assert_eq!(claims(&up["access_token"])["amr"], json!(["swk", "user", "mfa"]));
    // Without user verification it is only one of two factors.
    app.advance(Duration::from_secs(11 * 60));
    john.passkey.flags &= !USER_VERIFIED;
    let refused = problem(step_up(json!({})).await, 403).await;
    let half = json(complete_with(&app, refused["mfa_token"].as_str().unwrap(), &mut john.passkey).await, 403).await;
    assert_eq!(half["challenges"][0], json!({"type": "password"}));
    let password = [("password", john.person.password.as_str())];
    json(complete(&app, half["mfa_token"].as_str().unwrap(), &password).await, 200).await;
}

#[tokio::test]
async fn resistance_to_phishing_is_asked_for_by_its_class() {
    let app = TestApp::start().await;
    let john = Protected::join(&app, "john@example.com").await;
    let asked = json!({"acr_values": "phr"});
    let none = send(&app, Method::POST, &john.token, "step_up", asked.clone()).await;
    assert_eq!(problem(none, 409).await["code"], "mfa.no_factor");
    let (mut passkey, _) = add(&app, &john.token, "login").await;
    let token = john.log_in(&app).await["access_token"].as_str().unwrap().to_owned();
    let refused = problem(send(&app, Method::POST, &token, "step_up", asked.clone()).await, 403).await;
    assert_eq!(refused["challenges"], json!([{"type": "passkey"}]));
    json(complete_with(&app, refused["mfa_token"].as_str().unwrap(), &mut passkey).await, 200).await;
    json(send(&app, Method::POST, &token, "step_up", asked).await, 200).await;
    let first =
        json(send(&app, Method::POST, &token, "step_up", json!({"acr_values": "nonsense phr"})).await, 200).await;
    assert_eq!(claims(&first["access_token"])["acr"], "urn:portcullis:aal2");
}

#[tokio::test]
async fn one_of_fifty_completions_with_the_same_response_succeeds() {
    let app = TestApp::start().await;
    let (john, _, mut key) = secured(&app, "john@example.com").await;
    let ticket = ticket_of(&app, &john).await["mfa_token"].as_str().unwrap().to_owned();
    let credential = key.get(&json(challenge(&app, &ticket).await, 200).await).json().to_string();
    let fields = [("passkey", credential.as_str())];
    let all = (0..50).map(|_| complete(&app, &ticket, &fields));
    let answers = futures_util::future::join_all(all).await;
    assert_eq!(answers.iter().filter(|answer| answer.status() == 200).count(), 1);
}
