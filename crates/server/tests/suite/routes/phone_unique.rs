//! `PHONE_UNIQUE`: at most one user of a realm has a verified number.

use std::time::Duration;

use reqwest::{Method, Response};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::support::{Person, TestApp, admin::REASON, json, problem};

/// The number with which all users register.
const PHONE: &str = "+1234567890";
const ON: &[(&str, &str)] = &[("PHONE_UNIQUE", "on")];

async fn ask(app: &TestApp, person: &Person) -> String {
    // The mailbox is sorted by time.
    app.advance(Duration::from_secs(1));
    let body = json!({"id": person.id, "phone": PHONE});
    let answer = json(app.post_json(&person.path("otp_phone"), body).await, 200).await;
    assert_eq!(answer["message"], "OTP generated successfully");
    answer["otp"].as_str().unwrap().to_owned()
}

async fn ask_for_another(app: &TestApp, token: &str, phone: &str) -> String {
    let request = app.request(Method::POST, "/User1/me/phone").bearer_auth(token);
    let answer = json(request.json(&json!({"phone": phone})).send().await.unwrap(), 202).await;
    answer["handle"].as_str().unwrap().to_owned()
}

async fn codes(app: &TestApp, phone: &str) -> Vec<String> {
    app.mails_to(phone).await.iter().map(|sms| sms["code"].as_str().unwrap().to_owned()).collect()
}

async fn give(app: &TestApp, person: &Person, handle: &str, code: &str) -> Response {
    app.post_json(&person.path("verify_otp_phone"), json!({"token": handle, "otp": code})).await
}

/// Verifies the number of a user.
async fn prove(app: &TestApp, person: &Person) {
    let handle = ask(app, person).await;
    json(give(app, person, &handle, &codes(app, PHONE).await[0]).await, 200).await;
}

async fn number(app: &TestApp, person: &Person) -> (Value, bool) {
    let token = person.log_in(app).await;
    let me = json(app.get_as(&token, &person.path("me")).await, 200).await;
    (me["phone"].clone(), me["is_phone_verified"] == true)
}

#[tokio::test]
async fn a_number_that_another_user_verified_gets_no_code_and_the_usual_answer() {
    let app = TestApp::with(ON).await;
    let john = Person::new("john@example.com").join(&app).await;
    let jane = Person::new("jane@example.com").join(&app).await;
    let elsewhere = Person::new("jane@example.com").of("User2").join(&app).await;
    let early = ask(&app, &jane).await;
    let code_of_jane = codes(&app, PHONE).await.remove(0);
    prove(&app, &john).await;
    prove(&app, &elsewhere).await;
    let sent = codes(&app, PHONE).await.len();
    // A code that was sent before is like one that has expired.
    let refused = problem(give(&app, &jane, &early, &code_of_jane).await, 400).await;
    assert_eq!(refused["detail"], "Invalid or expired OTP");
    ask(&app, &jane).await;
    let token = jane.log_in(&app).await;
    ask_for_another(&app, &token, PHONE).await;
    assert_eq!(codes(&app, PHONE).await.len(), sent, "no code for her");
    assert_eq!(number(&app, &jane).await, (json!(PHONE), false));
    // The owner of the number can verify it again, and gives it up with another one.
    prove(&app, &john).await;
    let token = john.log_in(&app).await;
    let handle = ask_for_another(&app, &token, "+12025550143").await;
    json(give(&app, &john, &handle, &codes(&app, "+12025550143").await[0]).await, 200).await;
    prove(&app, &jane).await;
    assert_eq!(number(&app, &jane).await, (json!(PHONE), true));
    // A number that was removed or whose user was deleted is free.
    let token = jane.log_in(&app).await;
    for path in ["/User1/me/phone", "/User1/me"] {
        let request = app.request(Method::DELETE, path).bearer_auth(&token);
        assert_eq!(request.json(&json!({"current_password": jane.password})).send().await.unwrap().status(), 200);
    }
    let anna = Person::new("anna@example.com").join(&app).await;
    prove(&app, &anna).await;
    let token = anna.log_in(&app).await;
    let handle = ask_for_another(&app, &token, "+12025550143").await;
    json(give(&app, &anna, &handle, &codes(&app, "+12025550143").await[0]).await, 200).await;
}

#[tokio::test]
async fn without_the_rule_a_number_is_verified_by_several_users_and_stays_with_the_first() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let jane = Person::new("jane@example.com").join(&app).await;
    for person in [&john, &jane] {
        prove(&app, person).await;
    }
    let app = app.restart_with(ON).await;
    for person in [&john, &jane] {
        assert_eq!(number(&app, person).await, (json!(PHONE), true), "the rule takes nothing away");
    }
    let sent = codes(&app, PHONE).await.len();
    ask(&app, &jane).await;
    assert_eq!(codes(&app, PHONE).await.len(), sent);
    prove(&app, &john).await;
}

#[tokio::test]
async fn of_fifty_users_who_verify_a_number_at_the_same_moment_one_has_it() {
    let app = TestApp::with(ON).await;
    let mut users = Vec::new();
    for index in 0..50 {
        let person = Person::new(&format!("user{index}@example.com")).join(&app).await;
        let handle = ask(&app, &person).await;
        let code = codes(&app, PHONE).await.remove(0);
        users.push((person, handle, code));
    }
    let mut all = JoinSet::new();
    for (_, handle, code) in &users {
        let path = format!("/User1/verify_otp_phone?token={handle}&otp={code}");
        all.spawn(app.request(Method::GET, &path).send());
    }
    let mut answers: Vec<u16> = all.join_all().await.into_iter().map(|sent| sent.unwrap().status().as_u16()).collect();
    answers.sort_unstable();
    assert_eq!(answers, [vec![200], vec![400; 49]].concat());
    let mut proved = 0;
    for (person, ..) in &users {
        proved += usize::from(number(&app, person).await.1);
    }
    assert_eq!(proved, 1);
}

#[tokio::test]
async fn administrators_give_no_user_the_verified_number_of_another() {
    let app = TestApp::with(ON).await;
    let owner = app.owner().await;
    let john = Person::new("john@example.com").join(&app).await;
    let jane = Person::new("jane@example.com").join(&app).await;
    prove(&app, &john).await;
    let path = format!("/realms/User1/users/{}", jane.id);
    let mark = async || {
        owner.change(&app, Method::POST, &format!("{path}/verified"), json!({"phone": true, "reason": REASON})).await
    };
    assert_eq!(problem(mark().await, 409).await["code"], "user.status");
    let set =
        async |phone: &str| owner.change(&app, Method::PATCH, &path, json!({"phone": phone, "reason": REASON})).await;
    json(set("+12025550143").await, 200).await;
    let refused = problem(set(PHONE).await, 422).await;
    assert_eq!(
        (&refused["errors"][0]["field"], &refused["errors"][0]["code"]),
        (&json!("phone"), &json!("phone.invalid"))
    );
    let of_john = format!("/realms/User1/users/{}", john.id);
    let removed = owner.change(&app, Method::PATCH, &of_john, json!({"phone": null, "reason": REASON})).await;
    json(removed, 200).await;
    json(set(PHONE).await, 200).await;
    assert_eq!(number(&app, &jane).await, (json!(PHONE), true));
}
