//! Verification of a phone number with a code.

use std::{sync::Arc, time::Duration};

use portcullis_core::{
    account::User,
    batch,
    id::{RealmName, UserId},
    port::UserOp,
};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Person, TestApp, json, problem, rounds};

const PHONE: &str = "+1234567890";

/// Requests a code, and returns the handle.
async fn ask(app: &TestApp, id: &str, phone: &str) -> String {
    let answer = json(app.post_json("/User1/otp_phone", json!({"id": id, "phone": phone})).await, 200).await;
    assert_eq!(answer["message"], "OTP generated successfully");
    assert_eq!(answer.as_object().unwrap().len(), 3);
    assert_eq!(answer["otp"], answer["handle"]);
    answer["otp"].as_str().unwrap().to_owned()
}

/// Returns the SMS sent so far, newest first.
async fn messages(app: &TestApp) -> Vec<Value> {
    app.mails().await.into_iter().filter(|message| message["channel"] == "sms").collect()
}

async fn code(app: &TestApp) -> String {
    messages(app).await[0]["code"].as_str().unwrap().to_owned()
}

async fn give(app: &TestApp, handle: &str, code: &str) -> reqwest::Response {
    app.get(&format!("/User1/verify_otp_phone?token={handle}&otp={code}")).await
}

fn another(code: &str) -> String {
    format!("{:06}", (code.parse::<u32>().unwrap() + 1) % 1_000_000)
}

async fn is_proved(app: &TestApp, person: &Person) -> bool {
    let token = person.log_in(app).await;
    json(app.get_as(&token, "/User1/me").await, 200).await["is_phone_verified"] == true
}

#[tokio::test]
async fn the_right_code_proves_the_number_once() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let handle = ask(&app, &john.id, PHONE).await;
    let code = code(&app).await;
    let sms = &messages(&app).await[0];
    assert_eq!((sms["to"].as_str(), sms["subject"].as_str()), (Some(PHONE), Some("")));
    assert!(sms["text"].as_str().unwrap().contains(&code));
    assert!(code.len() == 6 && code.bytes().all(|b| b.is_ascii_digit()));
    assert!(!handle.contains(&code));
    assert!(!is_proved(&app, &john).await);

    assert_eq!(json(give(&app, &handle, &code).await, 200).await["message"], "OTP verified successfully");
    assert!(is_proved(&app, &john).await);
    let again = problem(give(&app, &handle, &code).await, 400).await;
    assert_eq!(again["detail"], "Invalid or expired OTP");
}

#[tokio::test]
async fn body_query_and_post_are_all_understood() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    for (number, query) in
        [format!("id={}&phone=%2B1234567890", john.id), format!("id={}&phone=+1234567890", john.id)].iter().enumerate()
    {
        let asked = app.request(Method::POST, &format!("/User1/otp_phone?{query}")).send().await.unwrap();
        let handle = json(asked, 200).await["otp"].as_str().unwrap().to_owned();
        let code = code(&app).await;
        let path = "/User1/verify_otp_phone";
        let given = match number {
            0 => app.post_form(path, &[("token", &handle), ("otp", &code)]).await,
            _ => app.post_json(path, json!({"token": handle, "otp": code})).await,
        };
        json(given, 200).await;
    }
}

#[tokio::test]
async fn after_five_attempts_the_handle_is_invalid() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let handle = ask(&app, &john.id, PHONE).await;
    let code = code(&app).await;
    for _ in 0..5 {
        assert_eq!(problem(give(&app, &handle, &another(&code)).await, 400).await["detail"], "Invalid OTP");
    }
    assert_eq!(problem(give(&app, &handle, &code).await, 400).await["detail"], "Invalid or expired OTP");
    assert!(!is_proved(&app, &john).await);
}

#[tokio::test]
async fn of_fifty_concurrent_attempts_five_count_and_one_succeeds() {
    let app = Arc::new(TestApp::start().await);
    let john = Person::new("john@example.com").join(&app).await;
    let handle = ask(&app, &john.id, PHONE).await;
    let right = code(&app).await;
    let wrong = another(&right);
    let all = async |code: &str| {
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..50 {
            let (app, handle, code) = (Arc::clone(&app), handle.clone(), code.to_owned());
            tasks.spawn(async move { give(&app, &handle, &code).await.json::<Value>().await.unwrap() });
        }
        tasks.join_all().await
    };
    let answers = all(&wrong).await;
    assert_eq!(answers.iter().filter(|answer| answer["detail"] == "Invalid OTP").count(), 5);

    for round in 0..rounds() {
        let jane = Person::new(&format!("jane{round}@example.com")).join(&app).await;
        let handle = ask(&app, &jane.id, PHONE).await;
        let right = code(&app).await;
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..50 {
            let (app, handle, code) = (Arc::clone(&app), handle.clone(), right.clone());
            tasks.spawn(async move { give(&app, &handle, &code).await.status().as_u16() });
        }
        assert_eq!(tasks.join_all().await.into_iter().filter(|status| *status == 200).count(), 1);
    }
}

#[tokio::test]
async fn a_code_lives_five_minutes() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let handle = ask(&app, &john.id, PHONE).await;
    let code = code(&app).await;
    app.advance(Duration::from_secs(300));
    assert_eq!(problem(give(&app, &handle, &code).await, 400).await["detail"], "Invalid or expired OTP");
}

#[tokio::test]
async fn a_decoy_behaves_like_a_real_handle_and_sends_nothing() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let jane = Person::new("jane@example.com").register(&app).await;
    app.mails().await;
    app.watched.take();
    ask(&app, &john.id, PHONE).await;
    let real = app.watched.take();
    for (id, phone) in [(john.id.as_str(), "+1987654321"), ("unknown", PHONE), (&jane.id, PHONE), ("no/body", PHONE)] {
        app.watched.take();
        let handle = ask(&app, id, phone).await;
        assert_eq!(app.watched.take().commits, real.commits);
        for _ in 0..5 {
            assert_eq!(problem(give(&app, &handle, "123456").await, 400).await["detail"], "Invalid OTP");
        }
        assert_eq!(problem(give(&app, &handle, "123456").await, 400).await["detail"], "Invalid or expired OTP");
    }
    let lapsed = ask(&app, "unknown", PHONE).await;
    app.advance(Duration::from_secs(300));
    assert_eq!(problem(give(&app, &lapsed, "123456").await, 400).await["detail"], "Invalid or expired OTP");
    let sent = messages(&app).await;
    assert!(sent.iter().all(|sms| sms["to"] == PHONE) && sent.len() <= 1);
}

#[tokio::test]
async fn only_a_matching_request_replaces_a_handle() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let first = ask(&app, &john.id, PHONE).await;
    let first_code = code(&app).await;
    ask(&app, &john.id, "+1987654321").await;
    ask(&app, "unknown", PHONE).await;
    let second = ask(&app, &john.id, PHONE).await;
    let second_code = code(&app).await;
    problem(give(&app, &first, &first_code).await, 400).await;
    // A code belongs to its own handle.
    if first_code != second_code {
        problem(give(&app, &second, &first_code).await, 400).await;
    }
    json(give(&app, &second, &second_code).await, 200).await;
}

#[tokio::test]
async fn a_handle_is_bound_to_its_realm_and_is_no_access_token() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let handle = ask(&app, &john.id, PHONE).await;
    let code = code(&app).await;
    problem(app.get(&format!("/User2/verify_otp_phone?token={handle}&otp={code}")).await, 400).await;
    problem(app.get_as(&handle, "/User1/me").await, 401).await;
    assert_eq!(app.get(&format!("/User1/verify?token={handle}")).await.status(), 400);
    json(give(&app, &handle, &code).await, 200).await;
}

#[tokio::test]
async fn missing_and_malformed_fields_are_named() {
    let app = TestApp::start().await;
    for (body, fields) in [
        (json!({}), vec!["id", "phone"]),
        (json!({"id": "x", "phone": "12"}), vec!["phone"]),
        (json!({"id": 7, "phone": PHONE}), vec!["id"]),
    ] {
        let refused = problem(app.post_json("/User1/otp_phone", body).await, 422).await;
        let named: Vec<_> =
            refused["errors"].as_array().unwrap().iter().map(|fault| fault["field"].as_str().unwrap()).collect();
        assert_eq!(named, fields);
    }
    problem(app.request(Method::POST, "/User1/otp_phone").send().await.unwrap(), 422).await;
    problem(app.get("/User1/verify_otp_phone").await, 422).await;
    problem(app.post_json("/User1/verify_otp_phone", json!({"token": "x", "otp": 123_456})).await, 422).await;
    problem(app.get("/User1/verify_otp_phone?token=a&token=b&otp=1").await, 400).await;
}

#[tokio::test]
async fn a_pasted_code_is_accepted_and_a_malformed_one_is_not_an_attempt() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let handle = ask(&app, &john.id, PHONE).await;
    let code = code(&app).await;
    for typed in ["", "x", "12345", "1234567", "12345a", "123.456", &"1".repeat(5000), "\u{BD}23456"] {
        let answers = [
            app.post_json("/User1/verify_otp_phone", json!({"token": handle, "otp": typed})).await,
            app.post_form("/v1/User1/verify_otp_phone", &[("token", &*handle), ("otp", typed)]).await,
        ];
        for answer in answers {
            let refused = problem(answer, 422).await;
            assert_eq!(
                (&refused["errors"][0]["field"], &refused["errors"][0]["code"]),
                (&json!("otp"), &json!("code.invalid"))
            );
        }
    }
    let arabic: String =
        code.chars().map(|digit| char::from_u32(0x660 + digit.to_digit(10).unwrap()).unwrap()).collect();
    let pasted = format!("\u{202A}{}\u{A0}{}\u{202C}\r\n", &arabic[..6], &arabic[6..]);
    json(app.post_json("/User1/verify_otp_phone", json!({"token": handle, "otp": pasted})).await, 200).await;
    assert!(is_proved(&app, &john).await);
}

#[tokio::test]
async fn a_number_is_the_same_however_it_is_typed() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    ask(&app, &john.id, "\u{202A}+1\u{A0}(234) 567\u{2011}890\u{202C}").await;
    code(&app).await;
}

#[tokio::test]
async fn head_takes_no_try() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let handle = ask(&app, &john.id, PHONE).await;
    let code = code(&app).await;
    for _ in 0..10 {
        app.request(Method::HEAD, &format!("/User1/verify_otp_phone?token={handle}&otp={code}")).send().await.unwrap();
    }
    json(give(&app, &handle, &code).await, 200).await;
}

#[tokio::test]
async fn the_number_of_a_contested_address_cannot_be_proved() {
    let app = TestApp::start().await;
    Person::new("victim@example.com").with_password("victims own phrase").register(&app).await;
    let attacker = Person::new("victim@example.com").with_password("attackers own phrase").register(&app).await;
    let link = app.link(&attacker.email, "verify").await;
    let form = app.open(&link).await.text().await.unwrap();
    let action = form.split_once("action=\"").unwrap().1.split_once('"').unwrap().0.to_owned();
    app.post_form(&format!("/User1/{action}"), &[("password", "chosen by the owner")]).await;
    let owner = attacker.clone().with_password("chosen by the owner");
    owner.log_in(&app).await;
    // The attacker registered last, and knows the id and the number.
    let handle = ask(&app, &attacker.id, PHONE).await;
    assert!(messages(&app).await.is_empty());
    problem(give(&app, &handle, "123456").await, 400).await;
    assert!(!is_proved(&app, &owner).await);
}

#[tokio::test]
async fn a_code_that_was_sent_proves_nothing_once_the_number_is_disputed() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let handle = ask(&app, &john.id, PHONE).await;
    let code = code(&app).await;
    let store = app.store().await;
    let (realm, id) = (RealmName::parse("User1").unwrap(), UserId::parse(&john.id).unwrap());
    let user = store.user(&realm, &id).await.unwrap().unwrap();
    let disputed = User { phone_disputed: true, revision: user.revision + 1, ..user };
    store.commit(batch![UserOp::Update(disputed)]).await.unwrap();
    problem(give(&app, &handle, &code).await, 400).await;
    assert!(!is_proved(&app, &john).await);
}

#[tokio::test]
async fn handle_and_code_are_other_names_of_the_parameters() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let path = "/User1/verify_otp_phone";
    for by_query in [true, false] {
        let handle = ask(&app, &john.id, PHONE).await;
        let code = code(&app).await;
        let given = if by_query {
            app.get(&format!("{path}?handle={handle}&code={code}")).await
        } else {
            app.post_json(path, json!({"handle": handle, "code": code, "token": null})).await
        };
        json(given, 200).await;
        app.advance(Duration::from_secs(3600));
    }
    // Using both names of a parameter is reported as a repeated parameter.
    for body in [
        json!({"handle": "a", "token": "a", "code": "000000"}),
        json!({"handle": "a", "otp": "000000", "code": "000000"}),
    ] {
        assert_eq!(problem(app.post_json(path, body).await, 400).await["code"], "request.repeated");
    }
    for query in ["handle=a&token=a&otp=000000", "token=a&otp=000000&code=000000", "handle=a&handle=a&otp=000000"] {
        assert_eq!(
            problem(app.get(&format!("{path}?{query}")).await, 400).await["code"],
            "request.repeated",
            "{query}"
        );
    }
    // Errors use the field name that was sent.
    let refused = problem(app.post_json(path, json!({"handle": "a", "code": "x"})).await, 422).await;
    assert_eq!(refused["errors"][0]["field"], "code");
    let refused = problem(app.post_json(path, json!({})).await, 422).await;
    assert_eq!(refused["errors"][0]["field"], "token");
}
