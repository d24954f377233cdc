use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Authenticator, Person, Protected, TestApp, complete, json, problem};

#[tokio::test]
async fn where_factors_are_required_a_login_enrols_first() {
    let app = TestApp::with(&[("MFA_POLICY", "required")]).await;
    let john = Person::new("john@example.com").join(&app).await;
    let refused = problem(app.login("User1", &john.email, &john.password).await, 403).await;
    assert_eq!(refused["challenges"], json!([{"type": "enroll", "methods": ["passkey", "totp"]}]));
    let ticket = refused["mfa_token"].clone();
    // The ticket cannot be used for anything else.
    json(complete(&app, ticket.as_str().unwrap(), &[("code", "123456")]).await, 400).await;
    problem(app.get_as(ticket.as_str().unwrap(), "/User1/me/mfa").await, 401).await;
    let begin = json!({"mfa_token": ticket});
    // A device of another account in the same browser.
    let device = "A".repeat(75);
    let offer = json(app.post_json("/User1/me/mfa/totp", begin.clone()).await, 200).await;
    let authenticator = Authenticator::of(&offer);
    let confirm = json!({"enrolment": offer["enrolment"], "code": authenticator.code(&app), "mfa_token": ticket, "device": device});
    let without = json!({"enrolment": offer["enrolment"], "code": authenticator.code(&app)});
    problem(app.post_json("/User1/me/mfa/totp/confirm", without).await, 401).await;
    let added = json(app.post_json("/User1/me/mfa/totp/confirm", confirm.clone()).await, 201).await;
    assert_eq!(added["recovery_codes"].as_array().unwrap().len(), 10);
    let value = added["tokens"]["device"].as_str().unwrap();
    assert!(value.ends_with(&device) && value.len() > device.len(), "devices of other accounts stay: {value}");
    let token = added["tokens"]["access_token"].as_str().unwrap();
    let sessions = json(app.get_as(token, "/User1/me/sessions").await, 200).await;
    assert_eq!(sessions["sessions"][0]["acr"], "urn:portcullis:aal2");
    // The ticket is used, and the account has a factor.
    problem(app.post_json("/User1/me/mfa/totp/confirm", confirm).await, 400).await;
    assert_eq!(problem(app.post_json("/User1/me/mfa/totp", begin).await, 400).await["code"], "mfa.invalid");
    let again = problem(app.login("User1", &john.email, &john.password).await, 403).await;
    assert_eq!(again["challenges"], json!([{"type": "totp"}, {"type": "recovery_code"}]));
    // The last factor is kept, and two-step verification remains on.
    let status = json(app.get_as(token, "/User1/me/mfa").await, 200).await;
    assert_eq!((&status["policy"], &status["two_step"]), (&json!("required"), &json!(true)));
    let path = format!("/User1/me/mfa/{}", status["factors"][0]["id"].as_str().unwrap());
    let remove = app.request(Method::DELETE, &path).bearer_auth(token).send().await.unwrap();
    assert_eq!(problem(remove, 409).await["code"], "mfa.required");
    let off = app.request(Method::PATCH, "/User1/me/mfa").bearer_auth(token).json(&json!({"two_step": false}));
    assert_eq!(problem(off.send().await.unwrap(), 409).await["code"], "mfa.required");
}

#[tokio::test]
async fn a_login_ticket_opens_no_enrolment() {
    let app = TestApp::start().await;
    let john = Protected::join(&app, "john@example.com").await;
    let ticket = john.ticket(&app).await;
    let refused = app.post_json("/User1/me/mfa/totp", json!({"mfa_token": ticket})).await;
    assert_eq!(problem(refused, 400).await["code"], "mfa.invalid");
    let step_up = app.request(Method::POST, "/User1/me/step_up").bearer_auth(&john.token).json(&json!({"max_age": 0}));
    app.advance(std::time::Duration::from_secs(1));
    let step_up = problem(step_up.send().await.unwrap(), 403).await;
    let refused = app.post_json("/User1/me/mfa/totp", json!({"mfa_token": step_up["mfa_token"]})).await;
    problem(refused, 400).await;
    problem(app.post_json("/User1/me/mfa/totp", json!({})).await, 401).await;
    problem(app.post_json("/User1/me/mfa/totp", json!({"mfa_token": "nonsense"})).await, 400).await;
    problem(app.post_json("/User1/me/mfa/totp", json!({"mfa_token": 7})).await, 400).await;
}

#[tokio::test]
async fn existing_factors_remain_in_force_if_factors_are_off() {
    let app = TestApp::start().await;
    let john = Protected::join(&app, "john@example.com").await;
    let jane = Person::new("jane@example.com").join(&app).await;
    let app = app.restart_with(&[("MFA_POLICY", "off")]).await;
    problem(john.enter(&app, &[]).await, 403).await;
    let token = john.log_in(&app).await["access_token"].as_str().unwrap().to_owned();
    let add = app.request(Method::POST, "/User1/me/mfa/totp").bearer_auth(&token).json(&json!({}));
    problem(add.send().await.unwrap(), 404).await;
    let of_jane = jane.log_in(&app).await;
    let add = app.request(Method::POST, "/User1/me/mfa/totp").bearer_auth(&of_jane).json(&json!({}));
    problem(add.send().await.unwrap(), 404).await;
    let status = json(app.get_as(&token, "/User1/me/mfa").await, 200).await;
    let path = format!("/User1/me/mfa/{}", status["factors"][0]["id"].as_str().unwrap());
    json(app.request(Method::DELETE, &path).bearer_auth(&token).send().await.unwrap(), 200).await;
    john.person.log_in(&app).await;
}

#[tokio::test]
async fn a_method_that_is_not_named_is_neither_added_nor_used() {
    let app = TestApp::start().await;
    let john = Protected::join(&app, "john@example.com").await;
    let app = app.restart_with(&[("MFA_METHODS", "totp")]).await;
    let refused = problem(john.enter(&app, &[("code", &john.recovery[0])]).await, 403).await;
    assert_eq!(refused["challenges"], json!([{"type": "totp"}]));
    let token = john.log_in(&app).await["access_token"].as_str().unwrap().to_owned();
    let codes = app.request(Method::POST, "/User1/me/mfa/recovery_codes").bearer_auth(&token);
    problem(codes.send().await.unwrap(), 404).await;
    let jane = Protected::join_without_codes(&app, "jane@example.com").await;
    let status = json(app.get_as(&jane, "/User1/me/mfa").await, 200).await;
    assert_eq!(status["recovery_codes"], Value::Null);
}

#[tokio::test]
async fn of_fifty_confirmations_with_two_tickets_one_adds_a_factor() {
    let app = TestApp::with(&[("MFA_POLICY", "required")]).await;
    let john = Person::new("john@example.com").join(&app).await;
    let mut confirmations = Vec::new();
    for _ in 0..2 {
        let ticket = problem(app.login("User1", &john.email, &john.password).await, 403).await["mfa_token"].clone();
        let offer = json(app.post_json("/User1/me/mfa/totp", json!({"mfa_token": ticket})).await, 200).await;
        let code = Authenticator::of(&offer).code(&app);
        confirmations.push(json!({"mfa_token": ticket, "enrolment": offer["enrolment"], "code": code}));
    }
    let all = (0..50).map(|number| app.post_json("/User1/me/mfa/totp/confirm", confirmations[number % 2].clone()));
    let mut added = Vec::new();
    for answer in futures_util::future::join_all(all).await {
        match answer.status().as_u16() {
            201 => added.push(json(answer, 201).await),
            _ => assert_eq!(problem(answer, 400).await["code"], "mfa.invalid"),
        }
    }
    assert_eq!(added.len(), 1);
    let token = added[0]["tokens"]["access_token"].as_str().unwrap();
    let of = async |path: &str, member: &str| {
        json(app.get_as(token, path).await, 200).await[member].as_array().unwrap().len()
    };
    assert_eq!((of("/User1/me/mfa", "factors").await, of("/User1/me/sessions", "sessions").await), (1, 1));
    for confirmation in confirmations {
        let begin = app.post_json("/User1/me/mfa/totp", json!({"mfa_token": confirmation["mfa_token"]})).await;
        assert_eq!(problem(begin, 400).await["code"], "mfa.invalid");
    }
}
