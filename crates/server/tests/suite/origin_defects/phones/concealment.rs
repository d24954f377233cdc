//! Row D32: neither responses nor work reveal whether a code is sent.

use serde_json::Value;

use super::{handle_in, messages, request};
use crate::{
    origin_defects::{
        UNLIMITED,
        answer::{Answer, assert_alike},
    },
    sms::{PHONE, give},
    support::{Person, TestApp, json},
};

#[tokio::test]
async fn d32_all_code_requests_get_the_same_response_and_only_the_owners_sends_a_code() {
    let app = TestApp::with(&[UNLIMITED]).await;
    let john = Person::new("john@example.com").join(&app).await;
    let elsewhere = Person::new("elsewhere@example.com").of("User2").join(&app).await;
    let pending = Person::new("pending@example.com").register(&app).await;
    let mut answers = Vec::new();
    for (what, id, phone) in [
        ("the owner's number", john.id.as_str(), PHONE),
        ("another number", &john.id, "+1987654321"),
        ("a number at sea", &john.id, "+88213000000"),
        ("the number with a zero more", &john.id, "+12345678900"),
        ("an unknown id", "zzz", PHONE),
        ("an unknown id of the usual form", "00000000000000000000000000", PHONE),
        ("what cannot be an id", "no/body?", PHONE),
        ("nothing", "", PHONE),
        ("an account of another realm", &elsewhere.id, PHONE),
        ("a registration that waits", &pending.id, PHONE),
    ] {
        let answer = Answer::of(request(&app, "User1", id, phone).await).await;
        let body: Value = serde_json::from_str(&answer.body).unwrap();
        let handle = body["otp"].as_str().unwrap();
        assert_eq!(handle.len(), 43);
        answers.push((what.to_owned(), answer.without(handle)));
    }
    assert_alike(&answers);
    assert_eq!(answers[0].1.status, 200);
    let sent = messages(&app).await;
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0]["to"], PHONE);
}

#[tokio::test]
async fn d32_asking_for_a_code_is_the_same_work_whether_or_not_it_is_sent() {
    let app = TestApp::with(&[UNLIMITED]).await;
    let john = Person::new("john@example.com").join(&app).await;
    let pending = Person::new("pending@example.com").register(&app).await;
    app.pump().await;
    let mut works = Vec::new();
    for (what, id, phone) in [
        ("the owner's number", john.id.as_str(), PHONE),
        ("the owner's number again", &john.id, PHONE),
        ("another number", &john.id, "+1987654321"),
        ("an unknown id", "00000000000000000000000000", PHONE),
        ("a registration that waits", &pending.id, PHONE),
    ] {
        app.watched.take();
        json(request(&app, "User1", id, phone).await, 200).await;
        works.push((what, app.watched.take()));
    }
    let (_, expected) = &works[0];
    assert!(works.iter().all(|(_, work)| work == expected), "{works:#?}");
}

#[tokio::test]
async fn d32_giving_a_code_back_is_the_same_work_whether_or_not_it_was_sent() {
    let app = TestApp::with(&[UNLIMITED]).await;
    let john = Person::new("john@example.com").join(&app).await;
    let mut seen = Vec::new();
    for (what, id, phone) in [("the owner's number", john.id.as_str(), PHONE), ("an unknown id", "unknown", PHONE)] {
        let handle = handle_in(json(request(&app, "User1", id, phone).await, 200).await);
        for number in 1..=6 {
            app.watched.take();
            let answer = Answer::of(give(&app, &handle, "wrong").await).await;
            seen.push((format!("{number} of {what}"), answer, app.watched.take()));
        }
    }
    let (real, decoy) = seen.split_at(6);
    for ((what, answer, work), (_, other_answer, other_work)) in real.iter().zip(decoy) {
        assert_eq!((answer, work), (other_answer, other_work), "{what}");
    }
}
