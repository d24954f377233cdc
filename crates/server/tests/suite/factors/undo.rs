use std::time::Duration;

use reqwest::Method;
use serde_json::json;

use crate::support::{Authenticator, Protected, TestApp, json, problem};

const DAY: Duration = Duration::from_secs(24 * 3600);

/// Presses the button on the page of an undo link.
async fn undo(app: &TestApp, link: &str) -> u16 {
    let token = link.split_once("token=").unwrap().1;
    app.post_form("/User1/undo", &[("token", token)]).await.status().as_u16()
}

#[tokio::test]
async fn the_addition_of_a_factor_can_be_undone_for_a_week() {
    let app = TestApp::start().await;
    let john = Protected::join(&app, "john@example.com").await;
    let link = app.link(&john.person.email, "undo").await;
    let page = app.visit(&link).await.text().await.unwrap();
    assert!(page.contains("Remove the new sign-in method?"), "{page}");
    json(app.get_as(&john.token, "/User1/me").await, 200).await;
    app.advance(DAY * 6);
    assert_eq!(undo(&app, &link).await, 200);
    // Submitting the form again shows the same page.
    assert_eq!(undo(&app, &link).await, 200);
    problem(app.get_as(&john.token, "/User1/me").await, 401).await;
    // Only the addition is undone. A password reset link is emailed, because another person may know the password.
    json(app.login("User1", &john.person.email, &john.person.password).await, 200).await;
    let reset = app.link(&john.person.email, "reset_password_form").await;
    let token = reset.split_once("token=").unwrap().1;
    let path = format!("/User1/reset_password?token={token}");
    assert_eq!(app.post_form(&path, &[("password", "violet-teapot-hammer")]).await.status(), 200);
    let john = john.person.with_password("violet-teapot-hammer");
    let status = json(app.get_as(&john.log_in(&app).await, "/User1/me/mfa").await, 200).await;
    assert_eq!((&status["two_step"], &status["factors"]), (&json!(false), &json!([])));
}

#[tokio::test]
async fn an_undo_leaves_the_other_factors_in_force() {
    let app = TestApp::start().await;
    let john = Protected::join(&app, "john@example.com").await;
    app.mails().await;
    app.advance(Duration::from_secs(30));
    Authenticator::add(&app, &john.token).await;
    let link = app.link(&john.person.email, "undo").await;
    assert_eq!(undo(&app, &link).await, 200);
    let token = john.log_in(&app).await["access_token"].as_str().unwrap().to_owned();
    let status = json(app.get_as(&token, "/User1/me/mfa").await, 200).await;
    assert_eq!((&status["two_step"], status["factors"].as_array().unwrap().len()), (&json!(true), 1));
}

#[tokio::test]
async fn recovery_codes_go_with_the_factor_that_they_were_made_with() {
    let app = TestApp::start().await;
    let john = Protected::join(&app, "john@example.com").await;
    let first = app.link(&john.person.email, "undo").await;
    app.advance(Duration::from_secs(30));
    let (second, _) = Authenticator::add(&app, &john.token).await;
    assert_eq!(undo(&app, &first).await, 200);
    problem(john.enter(&app, &[("code", &john.recovery[0])]).await, 403).await;
    problem(john.enter(&app, &[("code", &john.app.next_code(&app))]).await, 403).await;
    json(john.enter(&app, &[("code", &second.code(&app))]).await, 200).await;
}

/// Another person may have the link and must not be able to end the owner's sessions with it.
#[tokio::test]
async fn the_link_of_a_factor_that_does_not_exist_any_more_changes_nothing() {
    let app = TestApp::start().await;
    let john = Protected::join(&app, "john@example.com").await;
    let link = app.link(&john.person.email, "undo").await;
    let factors = json(app.get_as(&john.token, "/User1/me/mfa").await, 200).await;
    let path = format!("/User1/me/mfa/{}", factors["factors"][0]["id"].as_str().unwrap());
    let removed = app.request(Method::DELETE, &path).bearer_auth(&john.token).send().await.unwrap();
    json(removed, 200).await;
    let mails = app.mails().await.len();
    assert_eq!(undo(&app, &link).await, 200);
    json(app.get_as(&john.token, "/User1/me").await, 200).await;
    assert_eq!(app.mails().await.len(), mails, "no link for a new password");
}

#[tokio::test]
async fn the_undo_of_an_address_takes_recovery_codes_along_that_were_renewed_since() {
    let app = TestApp::start().await;
    let john = Protected::join(&app, "john@example.com").await;
    let send = async |path: &str, body: serde_json::Value| {
        app.request(Method::POST, path).bearer_auth(&john.token).json(&body).send().await.unwrap()
    };
    json(send("/User1/me/email", json!({"email": "new@example.com"})).await, 202).await;
    let link = app.link("new@example.com", "verify").await;
    assert_eq!(app.open(&link).await.status(), 200);
    let renewed = json(send("/User1/me/mfa/recovery_codes", json!({})).await, 201).await;
    let code = renewed["recovery_codes"][0].as_str().unwrap().to_owned();
    let link = app.link("john@example.com", "undo").await;
    assert_eq!(undo(&app, &link).await, 200);
    let reset = app.link("john@example.com", "reset_password_form").await;
    let path = format!("/User1/reset_password?token={}", reset.split_once("token=").unwrap().1);
    assert_eq!(app.post_form(&path, &[("password", "violet-teapot-hammer")]).await.status(), 200);
    let john = Protected { person: john.person.clone().with_password("violet-teapot-hammer"), ..john };
    problem(john.enter(&app, &[("code", &code)]).await, 403).await;
    app.advance(Duration::from_secs(30));
    john.log_in(&app).await;
}

#[tokio::test]
async fn after_a_week_or_where_it_is_off_an_addition_stays() {
    let app = TestApp::start().await;
    let john = Protected::join(&app, "john@example.com").await;
    let link = app.link(&john.person.email, "undo").await;
    app.advance(DAY * 7);
    assert_eq!(undo(&app, &link).await, 400);
    let app = app.restart_with(&[("ADDITION_UNDO", "0")]).await;
    Protected::join(&app, "jane@example.com").await;
    let mails = app.mails_to("jane@example.com").await;
    assert!(mails[0]["subject"].as_str().unwrap().contains("authenticator app was added"));
    assert_eq!(mails[0]["links"], json!([]));
}

#[tokio::test]
async fn the_undo_of_an_address_removes_the_factors_that_were_added_since() {
    let app = TestApp::start().await;
    let john = crate::support::Person::new("john@example.com").join(&app).await;
    let token = john.log_in(&app).await;
    let change = json!({"email": "new@example.com"});
    let change = app.request(Method::POST, "/User1/me/email").bearer_auth(&token).json(&change);
    json(change.send().await.unwrap(), 202).await;
    let link = app.link("new@example.com", "verify").await;
    assert_eq!(app.open(&link).await.status(), 200);
    Authenticator::add(&app, &token).await;
    let link = app.link("john@example.com", "undo").await;
    assert_eq!(undo(&app, &link).await, 200);
    let reset = app.link("john@example.com", "reset_password_form").await;
    let secret = reset.split_once("token=").unwrap().1;
    let path = format!("/User1/reset_password?token={secret}");
    // The compromised password cannot be set again.
    let form = [("password", john.password.as_str())];
    let same = app.request(Method::POST, &path).header("Accept", "application/json").form(&form).send().await.unwrap();
    assert_eq!(problem(same, 422).await["errors"][0]["code"], "password.unchanged");
    assert_eq!(app.post_form(&path, &[("password", "violet-teapot-hammer")]).await.status(), 200);
    john.with_password("violet-teapot-hammer").log_in(&app).await;
}
