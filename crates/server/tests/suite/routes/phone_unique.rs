//! `PHONE_UNIQUE`: at most one user of a realm has a verified number.

use std::time::Duration;

use reqwest::{Method, Response};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::support::{Person, TestApp, admin::REASON, json, problem};

/// The number with which all users register.
const PHONE: &str = "+1234567890";
const OTHER: &str = "+12025550143";
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
async fn verify(app: &TestApp, person: &Person) {
    let handle = ask(app, person).await;
    json(give(app, person, &handle, &codes(app, PHONE).await[0]).await, 200).await;
}

/// Changes the number of a user.
async fn change(app: &TestApp, person: &Person, token: &str, phone: &str) {
    // The mailbox is sorted by time.
    app.advance(Duration::from_secs(1));
    let handle = ask_for_another(app, token, phone).await;
    json(give(app, person, &handle, &codes(app, phone).await[0]).await, 200).await;
}

async fn number(app: &TestApp, person: &Person) -> (Value, bool) {
    let token = person.log_in(app).await;
    let me = json(app.get_as(&token, &person.path("me")).await, 200).await;
    (me["phone"].clone(), me["is_phone_verified"] == true)
}

/// The events of a user, without the members that differ each time.
async fn events(app: &TestApp, token: &str) -> Vec<Value> {
    let seen = json(app.get_as(token, "/User1/me/events").await, 200).await;
    let mut events = seen["events"].as_array().unwrap().clone();
    for event in &mut events {
        for member in ["id", "at", "request", "request_id", "session"] {
            event.as_object_mut().unwrap().remove(member);
        }
    }
    events
}

#[tokio::test]
async fn a_number_that_another_user_verified_gets_no_code_and_the_usual_answer() {
    let app = TestApp::with(ON).await;
    let john = Person::new("john@example.com").join(&app).await;
    let jane = Person::new("jane@example.com").join(&app).await;
    let elsewhere = Person::new("jane@example.com").of("User2").join(&app).await;
    let early = ask(&app, &jane).await;
    let code_of_jane = codes(&app, PHONE).await.remove(0);
    verify(&app, &john).await;
    verify(&app, &elsewhere).await;
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
    verify(&app, &john).await;
    let token = john.log_in(&app).await;
    change(&app, &john, &token, OTHER).await;
    verify(&app, &jane).await;
    assert_eq!(number(&app, &jane).await, (json!(PHONE), true));
}

#[tokio::test]
async fn a_number_that_was_removed_or_whose_user_was_deleted_is_free() {
    let app = TestApp::with(ON).await;
    for (path, name) in [("/User1/me/phone", "jane"), ("/User1/me", "john")] {
        let person = Person::new(&format!("{name}@example.com")).join(&app).await;
        verify(&app, &person).await;
        let request = app.request(Method::DELETE, path).bearer_auth(person.log_in(&app).await);
        assert_eq!(request.json(&json!({"current_password": person.password})).send().await.unwrap().status(), 200);
    }
    let anna = Person::new("anna@example.com").join(&app).await;
    verify(&app, &anna).await;
    assert_eq!(number(&app, &anna).await, (json!(PHONE), true));
}

#[tokio::test]
async fn a_number_that_the_undo_of_a_change_of_the_address_removed_is_free() {
    let app = TestApp::with(ON).await;
    let john = Person::new("john@example.com").join(&app).await;
    let token = john.log_in(&app).await;
    app.advance(Duration::from_secs(1));
    let request = app.request(Method::POST, "/User1/me/email").bearer_auth(&token);
    json(request.json(&json!({"email": "other@example.com"})).send().await.unwrap(), 202).await;
    assert_eq!(app.open(&app.link("other@example.com", "verify").await).await.status(), 200);
    change(&app, &john, &token, OTHER).await;
    let undo = app.link("john@example.com", "undo").await;
    let secret = undo.split_once("token=").unwrap().1;
    assert_eq!(app.post_form("/User1/undo", &[("token", secret)]).await.status(), 200);
    let jane = Person::new("jane@example.com").join(&app).await;
    let token = jane.log_in(&app).await;
    change(&app, &jane, &token, OTHER).await;
    assert_eq!(number(&app, &jane).await, (json!(OTHER), true));
}

#[tokio::test]
async fn the_events_of_a_user_are_the_same_for_a_free_number_and_for_one_of_another_user() {
    let app = TestApp::with(ON).await;
    let john = Person::new("john@example.com").join(&app).await;
    verify(&app, &john).await;
    let mut seen = Vec::new();
    for (name, phone) in [("jane", PHONE), ("anna", OTHER)] {
        let person = Person::new(&format!("{name}@example.com")).join(&app).await;
        let token = person.log_in(&app).await;
        ask_for_another(&app, &token, phone).await;
        app.pump().await;
        seen.push(events(&app, &token).await);
    }
    assert_eq!((codes(&app, PHONE).await.len(), codes(&app, OTHER).await.len()), (1, 1), "one of them is free");
    assert!(seen[0].iter().any(|event| event["event"] == "code_requested"), "{seen:?}");
    assert_eq!(seen[0].len(), seen[1].len());
    assert!(seen[0].iter().all(|event| seen[1].contains(event)), "{seen:?}");
    // The number of the registration as well.
    let zoe = Person::new("zoe@example.com").join(&app).await;
    ask(&app, &zoe).await;
    let token = zoe.log_in(&app).await;
    assert!(events(&app, &token).await.iter().any(|event| event["event"] == "code_requested"));
}

#[tokio::test]
async fn the_limit_of_codes_and_earlier_handles_are_the_same_for_a_free_number_and_for_one_of_another_user() {
    let app = TestApp::with(ON).await;
    let john = Person::new("john@example.com").join(&app).await;
    verify(&app, &john).await;
    let mut people = Vec::new();
    for (name, phone) in [("jane", PHONE), ("anna", OTHER)] {
        people.push((Person::new(&format!("{name}@example.com")).join(&app).await, phone));
    }
    let app = app.restart_with(&[("RATE_LIMIT_MODE", "enforce"), ("LIMIT_OTP_ACCOUNT", "2/1h")]).await;
    let mut seen = Vec::new();
    for (index, (person, phone)) in people.iter().enumerate() {
        let token = person.log_in(&app).await;
        let third = format!("+1202555017{index}");
        let first = ask_for_another(&app, &token, &third).await;
        let code = codes(&app, &third).await.remove(0);
        let second = ask_for_another(&app, &token, phone).await;
        // Beyond the limit: the second handle remains valid.
        ask_for_another(&app, &token, &third).await;
        assert_eq!(codes(&app, &third).await.len(), 1, "the codes for both numbers were counted for the account");
        let mut answers = Vec::new();
        for (handle, code) in [(&first, code.as_str()), (&second, "000000")] {
            answers.push(problem(give(&app, person, handle, code).await, 400).await["code"].clone());
        }
        let words = events(&app, &token).await.into_iter().map(|event| event["event"].to_string());
        let mut words: Vec<String> = words.collect();
        words.sort();
        seen.push((answers, words));
    }
    assert_eq!(seen[0].0, ["otp.invalid", "otp.wrong"]);
    assert_eq!(seen[0], seen[1]);
}

#[tokio::test]
async fn without_the_rule_a_number_is_verified_by_several_users_and_stays_with_the_first() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let jane = Person::new("jane@example.com").join(&app).await;
    for person in [&john, &jane] {
        verify(&app, person).await;
    }
    let app = app.restart_with(ON).await;
    for person in [&john, &jane] {
        assert_eq!(number(&app, person).await, (json!(PHONE), true), "the rule takes nothing away");
    }
    let sent = codes(&app, PHONE).await.len();
    ask(&app, &jane).await;
    assert_eq!(codes(&app, PHONE).await.len(), sent);
    verify(&app, &john).await;
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
    let mut verified = 0;
    for (person, ..) in &users {
        verified += usize::from(number(&app, person).await.1);
    }
    assert_eq!(verified, 1);
}

#[tokio::test]
async fn administrators_give_no_user_the_verified_number_of_another() {
    let app = TestApp::with(ON).await;
    let owner = app.owner().await;
    let john = Person::new("john@example.com").join(&app).await;
    let jane = Person::new("jane@example.com").join(&app).await;
    verify(&app, &john).await;
    let path = format!("/realms/User1/users/{}", jane.id);
    let mark = async || {
        owner.change(&app, Method::POST, &format!("{path}/verified"), json!({"phone": true, "reason": REASON})).await
    };
    assert_eq!(problem(mark().await, 409).await["code"], "user.status");
    let set =
        async |phone: &str| owner.change(&app, Method::PATCH, &path, json!({"phone": phone, "reason": REASON})).await;
    json(set(OTHER).await, 200).await;
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
