use std::time::Duration;

use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::support::{Person, Protected, TestApp, complete, json, problem};

async fn step_up(app: &TestApp, token: &str, body: Value) -> Response {
    app.request(Method::POST, "/User1/me/step_up").bearer_auth(token).json(&body).send().await.unwrap()
}

async fn session(app: &TestApp, token: &str) -> Value {
    json(app.get_as(token, "/User1/me/sessions").await, 200).await["sessions"][0].clone()
}

#[tokio::test]
async fn without_two_step_the_password_renews_a_session() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let token = john.log_in(&app).await;
    // A recent session requires nothing.
    json(step_up(&app, &token, json!({})).await, 200).await;
    app.advance(Duration::from_secs(11 * 60));
    let refused = problem(step_up(&app, &token, json!({})).await, 403).await;
    assert_eq!((&refused["error"], &refused["challenges"]), (&json!("mfa_required"), &json!([{"type": "password"}])));
    let ticket = refused["mfa_token"].as_str().unwrap();
    let wrong = json(complete(&app, ticket, &[("password", "wrong-wrong-wrong")]).await, 400).await;
    assert_eq!(wrong["error"], "invalid_grant");
    let events = json(app.get_as(&token, "/User1/me/events").await, 200).await;
    assert!(events["events"].as_array().unwrap().iter().any(|event| event["event"] == "password_refused"), "{events}");
    let up = json(complete(&app, ticket, &[("password", &john.password)]).await, 200).await;
    let members: Vec<&str> = up.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(members, ["access_token", "token_type", "expires_in"]);
    assert_eq!(session(&app, &token).await["auth_time"], "2026-01-01T00:11:00Z");
    json(complete(&app, ticket, &[("password", &john.password)]).await, 400).await;
    // Without a factor there is no second factor to use.
    let strong = json!({"acr_values": "urn:portcullis:aal2"});
    assert_eq!(problem(step_up(&app, &token, strong).await, 409).await["code"], "mfa.no_factor");
    let either = json!({"acr_values": "phr urn:portcullis:aal2 urn:portcullis:aal1"});
    json(step_up(&app, &token, either).await, 200).await;
    let phishing_resistant = json!({"acr_values": "phr"});
    problem(step_up(&app, &token, phishing_resistant).await, 409).await;
    for age in [json!(-1), json!("soon"), json!(true)] {
        problem(step_up(&app, &token, json!({"max_age": age})).await, 422).await;
    }
    problem(step_up(&app, &token, json!({"nickname": 1})).await, 422).await;
}

#[tokio::test]
async fn with_two_step_a_session_is_renewed_by_both_proofs() {
    let app = TestApp::start().await;
    let john = Protected::join(&app, "john@example.com").await;
    app.advance(Duration::from_secs(11 * 60));
    let mut token = john.token.clone();
    let password = &john.person.password;
    let refused = problem(step_up(&app, &token, json!({})).await, 403).await;
    assert_eq!(refused["challenges"], json!([{"type": "password"}, {"type": "totp"}, {"type": "recovery_code"}]));
    // One factor after the other, in either order.
    let ticket = refused["mfa_token"].as_str().unwrap();
    let half = json(complete(&app, ticket, &[("password", password)]).await, 403).await;
    assert_eq!(half["mfa_token"], ticket);
    assert_eq!(half["challenges"], json!([{"type": "totp"}, {"type": "recovery_code"}]));
    let renewed = async |answer| json(answer, 200).await["access_token"].as_str().unwrap().to_owned();
    token = renewed(complete(&app, ticket, &[("code", &john.app.next_code(&app))]).await).await;

    app.advance(Duration::from_secs(11 * 60));
    let half = problem(step_up(&app, &token, json!({"code": john.app.code(&app)})).await, 403).await;
    assert_eq!(half["challenges"], json!([{"type": "password"}]));
    token = renewed(complete(&app, half["mfa_token"].as_str().unwrap(), &[("password", password)]).await).await;
    // Both together.
    app.advance(Duration::from_secs(11 * 60));
    let both = json!({"current_password": password, "code": john.app.code(&app)});
    let up = json(step_up(&app, &token, both.clone()).await, 200).await;
    json(app.get_as(up["access_token"].as_str().unwrap(), "/User1/me/export").await, 200).await;
    // A code can be used once across all routes, and each factor is rejected separately.
    assert_eq!(problem(step_up(&app, &token, both).await, 400).await["code"], "mfa.invalid");
    problem(john.enter(&app, &[("code", &john.app.code(&app))]).await, 403).await;
    let wrong = json!({"current_password": "wrong-wrong-wrong", "code": john.app.next_code(&app)});
    assert_eq!(problem(step_up(&app, &token, wrong).await, 403).await["code"], "password.wrong");
}

#[tokio::test]
async fn a_factor_alone_raises_the_assurance() {
    let app = TestApp::start().await;
    let john = Protected::join(&app, "john@example.com").await;
    let code = john.app.next_code(&app);
    let trusted = json(john.enter(&app, &[("code", &code), ("remember", "true")]).await, 200).await;
    let weak = json(john.enter(&app, &[("device", trusted["device"].as_str().unwrap())]).await, 200).await;
    let weak = weak["access_token"].as_str().unwrap();
    problem(app.get_as(weak, "/User1/me/export").await, 401).await;
    let began = session(&app, weak).await["auth_time"].clone();
    app.advance(Duration::from_secs(60));
    let refused = problem(step_up(&app, weak, json!({})).await, 403).await;
    assert_eq!(refused["challenges"], json!([{"type": "totp"}, {"type": "recovery_code"}]));
    let code = john.app.next_code(&app);
    json(complete(&app, refused["mfa_token"].as_str().unwrap(), &[("code", &code)]).await, 200).await;
    let raised = session(&app, weak).await;
    assert_eq!((&raised["acr"], &raised["auth_time"]), (&json!("urn:portcullis:aal2"), &began));
    assert_eq!(raised["amr"], json!(["pwd", "otp", "mfa"]));
    json(app.get_as(weak, "/User1/me/export").await, 200).await;
}

#[tokio::test]
async fn a_ticket_of_a_session_ends_with_it() {
    let app = TestApp::start().await;
    let john = Protected::join(&app, "john@example.com").await;
    let token = john.log_in(&app).await["access_token"].as_str().unwrap().to_owned();
    app.advance(Duration::from_secs(11 * 60));
    let refused = problem(step_up(&app, &token, json!({})).await, 403).await;
    let ticket = refused["mfa_token"].as_str().unwrap();
    json(complete(&app, ticket, &[("password", &john.person.password)]).await, 403).await;
    assert_eq!(app.get_as(&token, "/User1/logout").await.status(), 200);
    let code = john.app.next_code(&app);
    let refused = complete(&app, ticket, &[("code", &code)]).await;
    assert!([400, 401].contains(&refused.status().as_u16()));
    problem(app.get_as(&token, "/User1/me").await, 401).await;
}

#[tokio::test]
async fn of_one_code_at_a_login_and_at_a_renewal_one_is_taken() {
    let app = TestApp::start().await;
    let john = Protected::join(&app, "john@example.com").await;
    for round in 0..5 {
        let code = john.app.next_code(&app);
        let body = json!({"max_age": 0, "current_password": john.person.password, "code": code});
        let fields = [("code", code.as_str())];
        let ups = (0..5).map(|_| step_up(&app, &john.token, body.clone()));
        let logins = (0..5).map(|_| john.enter(&app, &fields));
        let (ups, logins) = tokio::join!(futures_util::future::join_all(ups), futures_util::future::join_all(logins));
        let taken = ups.iter().chain(&logins).filter(|answer| answer.status() == 200).count();
        assert_eq!(taken, 1, "in round {round}");
    }
}
