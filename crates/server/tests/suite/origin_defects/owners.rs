//! Rows D01, D02, D05, D06, D08 and D09: access to records of other users and realms.

use std::collections::HashSet;

use data_encoding::BASE32_DNSSEC;

use super::{
    UNLIMITED,
    answer::{Answer, assert_alike},
};
use crate::support::{Person, TestApp, json, problem};

#[tokio::test]
async fn d01_a_token_reads_its_own_record_only() {
    let app = TestApp::start().await;
    let victim = Person::new("victim@example.com").join(&app).await;
    let attacker = Person::new("attacker@example.com").join(&app).await;
    let token = attacker.log_in(&app).await;
    for path in ["/User1/", "/User1", "/v1/User1"] {
        problem(app.get_as(&token, &format!("{path}?id={}", victim.id)).await, 404).await;
        let own = json(app.get_as(&token, &format!("{path}?id={}", attacker.id)).await, 200).await;
        assert_eq!(own["id"], attacker.id.as_str());
    }
    for path in [format!("/User1/me?id={}", victim.id), "/User1/".to_owned(), "/User1/?id=".to_owned()] {
        let body = app.get_as(&token, &path).await.text().await.unwrap();
        assert!(!body.contains("victim"), "{path}");
    }
    let twice = format!("/User1/?id={}&id={}", attacker.id, victim.id);
    problem(app.get_as(&token, &twice).await, 400).await;
}

#[tokio::test]
async fn d02_no_record_shows_a_hash() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let token = john.log_in(&app).await;
    for path in [format!("/User1/?id={}", john.id), "/User1/me".to_owned()] {
        let record = json(app.get_as(&token, &path).await, 200).await;
        let mut keys: Vec<_> = record.as_object().unwrap().keys().map(String::as_str).collect();
        keys.sort_unstable();
        let expected = [
            "attributes",
            "country",
            "country_code",
            "created_at",
            "email",
            "first_name",
            "id",
            "is_email_verified",
            "is_phone_verified",
            "last_name",
            "locale",
            "password_set_at",
            "pending_email",
            "phone",
            "revision",
            "roles",
        ];
        assert_eq!(keys, expected);
        assert!(!record.to_string().contains("argon2"));
    }
}

#[tokio::test]
async fn d05_a_token_of_another_realm_is_no_token() {
    let app = TestApp::start().await;
    let victim = Person::new("john@example.com").join(&app).await;
    let foreign = Person::new("john@example.com").of("User2").join(&app).await.log_in(&app).await;
    let mut answers = Vec::new();
    for (what, token, id) in [
        ("the id of another account", foreign.as_str(), victim.id.as_str()),
        ("an unknown id", foreign.as_str(), "00000000000000000000000000"),
        ("a token that is none", "x.y.z", victim.id.as_str()),
    ] {
        answers.push((what.to_owned(), Answer::of(app.get_as(token, &format!("/User1/?id={id}")).await).await));
    }
    assert_alike(&answers);
    let answer = &answers[0].1;
    assert_eq!(answer.status, 401);
    assert!(answer.header("www-authenticate").contains("error=\"invalid_token\""));
}

#[tokio::test]
async fn d06_another_realm_ends_no_session() {
    let app = TestApp::start().await;
    let token = Person::new("john@example.com").join(&app).await.log_in(&app).await;
    Person::new("john@example.com").of("User2").join(&app).await;
    problem(app.get_as(&token, "/User2/me").await, 401).await;
    problem(app.get_as(&token, "/User2/logout").await, 401).await;
    let by_post = app.request(reqwest::Method::POST, "/User2/logout").bearer_auth(&token).send().await.unwrap();
    problem(by_post, 401).await;
    json(app.get_as(&token, "/User1/me").await, 200).await;
}

#[tokio::test]
async fn d08_no_response_reveals_existing_ids() {
    let app = TestApp::start().await;
    let victim = Person::new("victim@example.com").join(&app).await;
    let elsewhere = Person::new("victim@example.com").of("User2").join(&app).await;
    let pending = Person::new("pending@example.com").register(&app).await;
    let token = Person::new("attacker@example.com").join(&app).await.log_in(&app).await;
    let mut answers = Vec::new();
    for id in [&victim.id, &elsewhere.id, &pending.id, "00000000000000000000000000", "1", "<b>", "", "%00"] {
        let answer = Answer::of(app.get_as(&token, &format!("/User1/?id={id}")).await).await;
        assert!(id.len() < 3 || !answer.body.contains(id), "the id is repeated");
        answers.push((id.to_owned(), answer));
    }
    assert_alike(&answers);
    assert_eq!(answers[0].1.status, 404);
}

#[tokio::test]
async fn d09_ids_are_128_random_bits_and_none_is_given_twice() {
    let app = TestApp::with(&[UNLIMITED]).await;
    let mut ids = HashSet::new();
    for number in 0..40 {
        for realm in ["User1", "User2"] {
            let person = Person::new(&format!("person{number}@example.com")).of(realm).register(&app).await;
            assert_eq!(BASE32_DNSSEC.decode(person.id.as_bytes()).unwrap().len(), 16);
            ids.insert(person.id);
        }
    }
    assert_eq!(ids.len(), 80);
    // Every bit must vary.
    let bytes = ids.iter().map(|id| u128::from_str_radix(&as_hex(id), 16).unwrap());
    let (ones, zeros) = bytes.fold((0, 0), |(ones, zeros), id| (ones | id, zeros | !id));
    assert_eq!((ones, zeros), (u128::MAX, u128::MAX));
}

fn as_hex(id: &str) -> String {
    data_encoding::HEXLOWER.encode(&BASE32_DNSSEC.decode(id.as_bytes()).unwrap())
}
