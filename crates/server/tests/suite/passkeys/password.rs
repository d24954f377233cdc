use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{
    Keyed, TestApp, json,
    passkeys::{add, challenge, complete_with, send},
    problem,
};

async fn remove(app: &TestApp, token: &str) -> reqwest::Response {
    app.request(Method::DELETE, "/User1/me/password").bearer_auth(token).send().await.unwrap()
}

#[tokio::test]
async fn an_account_can_live_without_a_password() {
    let app = TestApp::start().await;
    let mut john = Keyed::join(&app, "john@example.com").await;
    // A session that only added the passkey has not used it.
    let refused = remove(&app, &john.token).await;
    let how = refused.headers()["www-authenticate"].to_str().unwrap().to_owned();
    assert!(how.contains("acr_values=\"phr\"") && how.contains("max_age=\"600\""), "{how}");
    assert_eq!(problem(refused, 401).await["code"], "auth.stale");
    let token = john.fresh(&app).await;
    // One passkey and no recovery codes: losing it would leave no way to log in.
    assert_eq!(problem(remove(&app, &token).await, 409).await["code"], "login.last");
    let (mut second, added) = add(&app, &token, "login").await;
    let other = john.fresh(&app).await;
    let done = json(remove(&app, &token).await, 200).await;
    assert_eq!(done["recovery_codes"].as_array().unwrap().len(), 10);
    problem(app.get_as(&other, "/User1/me").await, 401).await;
    let me = json(app.get_as(&token, "/User1/me").await, 200).await;
    assert_eq!(me["password_set_at"], Value::Null);
    let status = json(app.get_as(&token, "/User1/me/mfa").await, 200).await;
    assert_eq!(status["two_step"], true);
    assert_eq!(app.mails_to(&john.person.email).await[0]["subject"], "Your Portcullis password was removed");
    // Every password is rejected like a wrong one, and everything else still works.
    let refused = problem(app.login("User1", &john.person.email, &john.person.password).await, 401).await;
    assert_eq!(refused["code"], "login.refused");
    problem(app.login("User1", &john.person.email, "").await, 401).await;
    json(crate::support::passkeys::enter(&app, &mut second).await, 200).await;
    let token = john.fresh(&app).await;
    json(remove(&app, &token).await, 200).await;

    let off = send(&app, Method::PATCH, &token, "mfa", json!({"two_step": false})).await;
    assert_eq!(problem(off, 409).await["code"], "mfa.required");
    let second = format!("passkeys/{}", added["id"].as_str().unwrap());
    json(send(&app, Method::DELETE, &token, &second, json!({})).await, 200).await;
    let first = format!("passkeys/{}", john.id());
    assert_eq!(problem(send(&app, Method::DELETE, &token, &first, json!({})).await, 409).await["code"], "login.last");

    // A login is renewed with the passkey.
    app.advance(Duration::from_secs(11 * 60));
    let stale = problem(send(&app, Method::POST, &token, "step_up", json!({})).await, 403).await;
    let types: Vec<&str> =
        stale["challenges"].as_array().unwrap().iter().map(|one| one["type"].as_str().unwrap()).collect();
    assert_eq!(types, ["passkey", "recovery_code"]);
    let ticket = stale["mfa_token"].as_str().unwrap();
    json(challenge(&app, ticket).await, 200).await;
    json(complete_with(&app, ticket, &mut john.passkey).await, 200).await;
    // A password can be set again without a current one.
    let short = send(&app, Method::POST, &token, "password", json!({"new_password": "short"})).await;
    problem(short, 422).await;
    let set = send(&app, Method::POST, &token, "password", json!({"new_password": "violet-teapot-hammer"})).await;
    json(set, 200).await;
    problem(app.login("User1", &john.person.email, "violet-teapot-hammer").await, 403).await;
    let me = json(app.get_as(&token, "/User1/me").await, 200).await;
    assert!(me["password_set_at"].is_string());
}

#[tokio::test]
async fn a_reset_gives_such_an_account_a_password() {
    let app = TestApp::start().await;
    let mut john = Keyed::join(&app, "john@example.com").await;
    let token = john.fresh(&app).await;
    add(&app, &token, "login").await;
    json(remove(&app, &token).await, 200).await;
    json(app.post_json("/User1/forget_password", json!({"email": john.person.email})).await, 200).await;
    let link = app.link(&john.person.email, "reset_password_form").await;
    let reset = link.split_once("token=").unwrap().1;
    let path = format!("/User1/reset_password?token={reset}");
    assert_eq!(app.post_form(&path, &[("password", "violet-teapot-hammer")]).await.status(), 200);
    // Two-step verification and the passkeys are unchanged.
    problem(app.login("User1", &john.person.email, "violet-teapot-hammer").await, 403).await;
    john.log_in(&app).await;
}

#[tokio::test]
async fn a_stale_login_removes_no_password() {
    let app = TestApp::start().await;
    let mut john = Keyed::join(&app, "john@example.com").await;
    let token = john.fresh(&app).await;
    add(&app, &token, "login").await;
    app.advance(Duration::from_secs(11 * 60));
    assert_eq!(problem(remove(&app, &token).await, 401).await["code"], "auth.stale");
    let token = john.fresh(&app).await;
    let all = (0..10).map(|_| remove(&app, &token));
    for answer in futures_util::future::join_all(all).await {
        json(answer, 200).await;
    }
}
