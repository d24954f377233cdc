//! Settings, observation and restarts of all limits.

use reqwest::Method;
use serde_json::json as value;

use super::{enforced, from, retry_after, try_login};
use crate::{
    sms::PHONE,
    support::{
        Person, TestApp,
        database::Database,
        json, problem,
        process::{self, CHEAP, Program},
    },
};

#[tokio::test]
async fn observed_limits_reject_nothing() {
    let app = TestApp::with(&[("RATE_LIMIT_MODE", "observe"), ("TRUSTED_PROXIES", "127.0.0.1")]).await;
    let john = Person::new("john@example.com").join(&app).await;
    for _ in 0..40 {
        problem(try_login(&app, 1, &john.email, "wrong-wrong-wrong").await, 401).await;
    }
    json(try_login(&app, 1, &john.email, &john.password).await, 200).await;
    for _ in 0..30 {
        let request = app.request(Method::POST, "/User1/forget_password").json(&value!({"email": "john@example.com"}));
        json(from("192.0.2.1", request).send().await.unwrap(), 200).await;
        app.pump().await;
    }
    assert!(app.mails_to(&john.email).await.len() > 30);
}

#[tokio::test]
async fn limits_match_the_settings() {
    let app = TestApp::with(&[
        ("RATE_LIMIT_MODE", "enforce"),
        ("LIMIT_PASSWORDS_ACCOUNT", "2/10m"),
        ("LIMIT_PASSWORDS_CLIENT", "4/10s"),
    ])
    .await;
    for _ in 0..2 {
        problem(app.login("User1", "john@example.com", "wrong-wrong-wrong").await, 401).await;
    }
    problem(app.login("User1", "john@example.com", "wrong-wrong-wrong").await, 429).await;
    problem(app.login("User1", "jane@example.com", "wrong-wrong-wrong").await, 401).await;
    let refused = app.login("User1", "joan@example.com", "wrong-wrong-wrong").await;
    assert_eq!(retry_after(&refused), 10);
}

#[tokio::test]
async fn counts_survive_a_kill() {
    let database = Database::new().await;
    let limits = [("RATE_LIMIT_MODE", "enforce"), ("LIMIT_MAILS_ACCOUNT", "1/1h"), ("LIMIT_OTP_ACCOUNT", "1/1h")];
    let mut program = Program::start(&[CHEAP, &database.settings(), &limits].concat()).await;
    let http = process::client();
    let login = async |program: &Program| {
        let form = [("username", "john@example.com"), ("password", "wrong-wrong-wrong")];
        http.post(program.url("/User1/login")).form(&form).send().await.unwrap().status().as_u16()
    };
    let ask = async |program: &Program| {
        let forget = http.post(program.url("/User1/forget_password")).json(&value!({ "email": "john@example.com" }));
        json(forget.send().await.unwrap(), 200).await;
        let code = http.post(program.url("/User1/otp_phone")).json(&value!({ "id": "unknown", "phone": PHONE }));
        json(code.send().await.unwrap(), 200).await;
    };
    for _ in 0..4 {
        assert_eq!(login(&program).await, 401);
    }
    ask(&program).await;
    assert!(!program.log().contains("limit=\"mails\""));
    program.kill();
    program.spawn();
    program.ready().await;
    // This is the last attempt without a wait. The next ones are too early even on a slow machine.
    assert_eq!(login(&program).await, 401);
    let mut more = Vec::new();
    for _ in 0..6 {
        more.push(login(&program).await);
    }
    assert!(more.contains(&429), "{more:?}");
    ask(&program).await;
    for row in ["mails", "otp"] {
        let told = format!("limit reached limit=\"{row}\"");
        assert_eq!(program.log().matches(&told).count(), 1, "{told} in\n{}", program.log());
    }
}

#[tokio::test]
async fn requests_that_failed_in_the_server_are_not_counted() {
    let app = enforced().await;
    let john = Person::new("john@example.com").join(&app).await;
    let mail = value!({ "email": "john@example.com" });
    let login = [("username", &*john.email), ("password", &*john.password)];
    let ask = async |status: u16| {
        let all = [
            app.request(Method::POST, "/User1/create").json(&Person::new("jane@example.com").form()),
            app.request(Method::POST, "/User1/forget_password").json(&mail),
            app.request(Method::POST, "/User1/verify/resend").json(&mail),
            app.request(Method::POST, "/User1/login").form(&login),
        ];
        for request in all {
            assert_eq!(from("192.0.2.1", request).send().await.unwrap().status(), status);
        }
    };
    app.watched.store_is_away(true);
    for _ in 0..31 {
        ask(503).await;
    }
    app.watched.store_is_away(false);
    ask(200).await;
}
