use std::time::Duration;

use reqwest::Method;
use serde_json::json;

use crate::{
    limits::ENFORCED,
    support::{Authenticator, Protected, TestApp, complete, json, problem},
};

const HOUR: Duration = Duration::from_secs(3600);

#[tokio::test]
async fn wrong_factors_are_counted_for_the_account_whatever_the_ticket() {
    let app = TestApp::with(ENFORCED).await;
    let john = Protected::join(&app, "john@example.com").await;
    let wrong = john.app.wrong(&app);
    for _ in 0..5 {
        let ticket = john.ticket(&app).await;
        assert_eq!(json(complete(&app, &ticket, &[("code", &wrong)]).await, 400).await["error"], "invalid_grant");
    }
    // A correct password still returns a ticket, but no code is accepted on any route.
    let ticket = john.ticket(&app).await;
    let code = john.app.next_code(&app);
    let limited = complete(&app, &ticket, &[("code", &code)]).await;
    assert!(limited.headers().contains_key("retry-after"));
    let limited = json(limited, 429).await;
    assert_eq!(limited["limit"], "LIMIT_FACTORS_ACCOUNT");
    problem(john.enter(&app, &[("code", &code)]).await, 429).await;
    problem(john.enter(&app, &[("code", &john.recovery[0])]).await, 429).await;
    let step_up = json!({"current_password": john.person.password, "code": code, "max_age": 0});
    let step_up = app.request(Method::POST, "/User1/me/step_up").bearer_auth(&john.token).json(&step_up);
    problem(step_up.send().await.unwrap(), 429).await;
    let begin = app.request(Method::POST, "/User1/me/mfa/totp").bearer_auth(&john.token).json(&json!({}));
    let offer = json(begin.send().await.unwrap(), 200).await;
    let confirm = json!({"enrolment": offer["enrolment"], "code": "123456"});
    let confirm = app.request(Method::POST, "/User1/me/mfa/totp/confirm").bearer_auth(&john.token).json(&confirm);
    problem(confirm.send().await.unwrap(), 429).await;
    // An hour later, a correct factor resets the count.
    app.advance(HOUR);
    john.log_in(&app).await;
    let wrong = john.app.wrong(&app);
    for _ in 0..5 {
        problem(john.enter(&app, &[("code", &wrong)]).await, 403).await;
    }
    problem(john.enter(&app, &[("code", &wrong)]).await, 429).await;
}

/// Five attempts are allowed per hour, so each of these must have been counted.
#[tokio::test]
async fn a_wrong_factor_counts_wherever_it_is_given() {
    let app = TestApp::with(ENFORCED).await;
    let john = Protected::join(&app, "john@example.com").await;
    let post = async |path: &str, body: serde_json::Value| {
        let request = app.request(Method::POST, &format!("/User1/me/{path}")).bearer_auth(&john.token);
        request.json(&body).send().await.unwrap()
    };
    let wrong = john.app.wrong(&app);
    let offer = json(post("mfa/totp", json!({})).await, 200).await;
    let offered = Authenticator::of(&offer);
    let confirm =
        async |code: String| post("mfa/totp/confirm", json!({"enrolment": offer["enrolment"], "code": code})).await;
    let ticket = john.ticket(&app).await;
    problem(confirm(offered.wrong(&app)).await, 400).await;
    problem(post("step_up", json!({"code": wrong, "max_age": 0})).await, 400).await;
    problem(john.enter(&app, &[("code", "aaaaa-aaaaa-aaaaa")]).await, 403).await;
    json(complete(&app, &ticket, &[("code", "aaaaa-aaaaa-aaaaa")]).await, 400).await;
    problem(john.enter(&app, &[("code", &wrong)]).await, 403).await;
    let limited = problem(confirm(offered.code(&app)).await, 429).await;
    assert_eq!(limited["limit"], "LIMIT_FACTORS_ACCOUNT");
    problem(john.enter(&app, &[("code", &john.recovery[0])]).await, 429).await;
}

#[tokio::test]
async fn a_known_device_has_its_own_count() {
    let app = TestApp::with(ENFORCED).await;
    let john = Protected::join(&app, "john@example.com").await;
    let device = john.log_in(&app).await["device"].as_str().unwrap().to_owned();
    let wrong = john.app.wrong(&app);
    for _ in 0..5 {
        problem(john.enter(&app, &[("code", &wrong)]).await, 403).await;
    }
    problem(john.enter(&app, &[("code", &wrong)]).await, 429).await;
    let code = john.app.next_code(&app);
    json(john.enter(&app, &[("code", &code), ("device", &device)]).await, 200).await;
}

/// A device becomes known with the password alone while two-step verification is off.
#[tokio::test]
async fn many_known_devices_do_not_multiply_the_tries_of_an_account_without_end() {
    let app = TestApp::with(&[ENFORCED, &[("LIMIT_FACTORS_CLIENT", "1000/1m")]].concat()).await;
    let person = crate::support::Person::new("john@example.com").join(&app).await;
    let mut devices = Vec::new();
    for _ in 0..8 {
        let login = json(app.login("User1", &person.email, &person.password).await, 200).await;
        devices.push(login["device"].as_str().unwrap().to_owned());
    }
    let john = Protected::add(&app, &person).await;
    let wrong = john.app.wrong(&app);
    let mut evaluated = 0;
    for device in &devices {
        for _ in 0..5 {
            let answer = john.enter(&app, &[("code", &wrong), ("device", device)]).await;
            evaluated += usize::from(answer.status() == 403);
        }
    }
    assert_eq!(evaluated, 25);
}

#[tokio::test]
async fn codes_in_logins_count_for_the_client_too() {
    let app = TestApp::with(&[ENFORCED, &[("LIMIT_FACTORS_CLIENT", "2/1m")]].concat()).await;
    let (mut users, mut answers) = (Vec::new(), Vec::new());
    for name in ["john", "jane", "jack"] {
        users.push(Protected::join(&app, &format!("{name}@example.com")).await);
    }
    for user in &users {
        answers.push(user.enter(&app, &[("code", &user.app.wrong(&app))]).await);
    }
    let limited = problem(answers.pop().unwrap(), 429).await;
    assert_eq!(limited["limit"], "LIMIT_FACTORS_CLIENT");
    for answer in answers {
        problem(answer, 403).await;
    }
}

#[tokio::test]
async fn the_tries_of_a_ticket_count_in_every_mode_and_before_they_are_evaluated() {
    let app = TestApp::start().await;
    let john = Protected::join(&app, "john@example.com").await;
    let ticket = john.ticket(&app).await;
    let wrong = john.app.wrong(&app);
    let fields = [("code", wrong.as_str())];
    let all = (0..50).map(|_| complete(&app, &ticket, &fields));
    for answer in futures_util::future::join_all(all).await {
        assert_eq!(answer.status(), 400);
    }
    let code = john.app.next_code(&app);
    json(complete(&app, &ticket, &[("code", &code)]).await, 400).await;
    json(complete(&app, &john.ticket(&app).await, &[("code", &code)]).await, 200).await;
}

#[tokio::test]
async fn the_owner_is_notified_once_a_day_that_someone_knows_the_password() {
    let app = TestApp::with(ENFORCED).await;
    let john = Protected::join(&app, "john@example.com").await;
    let told = async || {
        let mails = app.mails_to("john@example.com").await;
        mails.iter().filter(|mail| mail["subject"].as_str().unwrap().contains("may know")).count()
    };
    let wrong = john.app.wrong(&app);
    for count in [0, 0, 1, 1] {
        problem(john.enter(&app, &[("code", &wrong)]).await, 403).await;
        assert_eq!(told().await, count);
    }
    app.advance(HOUR);
    for _ in 0..3 {
        let wrong = john.app.wrong(&app);
        problem(john.enter(&app, &[("code", &wrong)]).await, 403).await;
    }
    assert_eq!(told().await, 1);
}

#[tokio::test]
async fn enrolments_and_tickets_of_renewals_are_limited() {
    let app = TestApp::with(ENFORCED).await;
    let john = Protected::join(&app, "john@example.com").await;
    let begin = async || {
        let begin = app.request(Method::POST, "/User1/me/mfa/totp").bearer_auth(&john.token).json(&json!({}));
        begin.send().await.unwrap()
    };
    for _ in 0..19 {
        json(begin().await, 200).await;
    }
    assert_eq!(problem(begin().await, 429).await["limit"], "LIMIT_ENROLMENTS_ACCOUNT");
    app.advance(Duration::from_secs(1));
    let step_up = app.request(Method::POST, "/User1/me/step_up").bearer_auth(&john.token).json(&json!({"max_age": 0}));
    problem(step_up.send().await.unwrap(), 429).await;
}
