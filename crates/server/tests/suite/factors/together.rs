//! An account with every kind of factor.

use std::time::Duration;

use portcullis_core::suite::authenticator::{SoftPasskey, USER_VERIFIED};
use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::{
    pages::Browser,
    support::{
        Protected, TestApp, complete, json,
        passkeys::{add, challenge, complete_with, enter, send},
        problem,
    },
};

const ALL: &[(&str, &str)] = &[("MFA_METHODS", "passkey,totp,sms,recovery_code")];
const MINUTE: Duration = Duration::from_secs(60);

/// Creates a user whose factors were added from weakest to strongest.
async fn join(app: &TestApp) -> (Protected, SoftPasskey) {
    let john = Protected::join(app, "john@example.com").await;
    john.person.prove_phone(app).await;
    json(send(app, Method::POST, &john.token, "mfa/sms", json!({})).await, 201).await;
    let (passkey, _) = add(app, &john.token, "login").await;
    (john, passkey)
}

/// Returns the kinds of challenges in a response, joined.
fn kinds(answer: &Value) -> String {
    let challenges = answer["challenges"].as_array().unwrap_or_else(|| panic!("no challenges: {answer}"));
    challenges.iter().map(|one| one["type"].as_str().unwrap()).collect::<Vec<_>>().join(" ")
}

/// Returns the ticket of a re-authentication.
async fn step_up(app: &TestApp, token: &str) -> String {
    let refused = problem(send(app, Method::POST, token, "step_up", json!({})).await, 403).await;
    assert_eq!(kinds(&refused), "password passkey totp sms recovery_code");
    refused["mfa_token"].as_str().unwrap().to_owned()
}

async fn status(app: &TestApp, token: &str) -> Value {
    let mut status = json(app.get_as(token, "/User1/me/mfa").await, 200).await;
    for factor in status["factors"].as_array_mut().unwrap() {
        factor.as_object_mut().unwrap().remove("last_used_at");
    }
    status
}

#[tokio::test]
async fn every_factor_is_offered_and_works_the_strongest_first_whichever_came_first() {
    let app = TestApp::with(ALL).await;
    let (john, mut passkey) = join(&app).await;
    let status = status(&app, &john.token).await;
    assert_eq!((status["factors"].as_array().unwrap().len(), &status["recovery_codes"]["left"]), (3, &json!(10)));
    let refused = problem(john.enter(&app, &[]).await, 403).await;
    assert_eq!(kinds(&refused), "passkey totp sms recovery_code");
    john.log_in(&app).await;
    json(john.enter(&app, &[("code", &john.recovery[0])]).await, 200).await;
    json(complete_with(&app, &john.ticket(&app).await, &mut passkey).await, 200).await;
    json(enter(&app, &mut passkey).await, 200).await;
    app.advance(11 * MINUTE);
    step_up(&app, &john.token).await;
}

/// A ticket stores the kinds of verified factors. Requesting a challenge verifies nothing, and two factors of one
/// kind count once.
#[tokio::test]
async fn a_login_is_renewed_by_proofs_of_both_kinds_in_either_order_and_by_nothing_else() {
    let app = TestApp::with(ALL).await;
    let (john, mut passkey) = join(&app).await;
    // Without user verification it is a factor in addition to the password and does not replace both.
    passkey.flags &= !USER_VERIFIED;
    let password = [("password", john.person.password.as_str())];
    let ask_sms =
        async |ticket: &str| app.post_json("/User1/mfa/challenge", json!({"mfa_token": ticket, "type": "sms"})).await;
    let lacks = async |answer: Response, what: &str| assert_eq!(kinds(&json(answer, 403).await), what);
    let renewed = async |answer: Response| json(answer, 200).await["access_token"].as_str().unwrap().to_owned();
    // A passkey with user verification alone would be sufficient.
    let (rest, factors) = ("password passkey", "passkey totp sms recovery_code");

    app.advance(11 * MINUTE);
    let ticket = step_up(&app, &john.token).await;
    lacks(complete(&app, &ticket, &[("code", &john.app.next_code(&app))]).await, rest).await;
    json(challenge(&app, &ticket).await, 200).await;
    assert_eq!(problem(ask_sms(&ticket).await, 400).await["code"], "mfa.invalid");
    lacks(complete(&app, &ticket, &[("code", &john.recovery[0])]).await, rest).await;
    lacks(complete_with(&app, &ticket, &mut passkey).await, rest).await;
    let token = renewed(complete(&app, &ticket, &password).await).await;

    app.advance(11 * MINUTE);
    let ticket = step_up(&app, &token).await;
    lacks(complete(&app, &ticket, &password).await, factors).await;
    json(ask_sms(&ticket).await, 202).await;
    json(challenge(&app, &ticket).await, 200).await;
    lacks(complete(&app, &ticket, &password).await, factors).await;
    let token = renewed(complete_with(&app, &ticket, &mut passkey).await).await;

    app.advance(11 * MINUTE);
    let ticket = step_up(&app, &token).await;
    lacks(complete_with(&app, &ticket, &mut passkey).await, rest).await;
    lacks(complete(&app, &ticket, &[("code", &john.app.next_code(&app))]).await, rest).await;
    renewed(complete(&app, &ticket, &password).await).await;
}

#[tokio::test]
async fn a_reset_logs_no_one_in_and_changes_no_factor() {
    let app = TestApp::with(ALL).await;
    let (mut john, _) = join(&app).await;
    let before = status(&app, &john.token).await;
    for (accept, password) in [("application/json", "violet-teapot-hammer"), ("text/html", "yellow-kettle-anvil")] {
        json(app.post_json("/User1/forget_password", json!({"email": john.person.email})).await, 200).await;
        let link = app.link(&john.person.email, "reset_password_form").await;
        let path = format!("/User1/reset_password?token={}", link.split_once("token=").unwrap().1);
        let mut browser = Browser::new(&app);
        let sent = app.request(Method::POST, &path).header("Accept", accept).form(&[("password", password)]);
        let done = browser.keep(sent.send().await.unwrap()).await;
        assert_eq!((done.status, browser.session()), (200, None), "{}", done.body);
        assert!(!done.body.contains("token\":"), "{}", done.body);
        assert_eq!(browser.get("/User1/account").await.status, 303, "no cookie of it opens the account");
        john.person.password = password.to_owned();
        let refused = problem(john.enter(&app, &[]).await, 403).await;
        assert_eq!(kinds(&refused), "passkey totp sms recovery_code");
    }
    problem(app.get_as(&john.token, "/User1/me").await, 401).await;
    let token = john.log_in(&app).await["access_token"].as_str().unwrap().to_owned();
    assert_eq!(status(&app, &token).await, before);
}
