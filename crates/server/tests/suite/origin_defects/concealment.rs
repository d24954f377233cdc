//! Rows D40, D41 and D70: responses do not reveal who has an account. (Response times are measured in `timing`.)

use super::answer::{Answer, assert_alike};
use crate::support::{Person, TestApp, json, problem};

#[tokio::test]
async fn d40_d41_every_rejected_login_is_answered_alike() {
    let app = TestApp::with(&[super::UNLIMITED]).await;
    let john = Person::new("john@example.com").join(&app).await;
    let pending = Person::new("pending@example.com").register(&app).await;
    let elsewhere = Person::new("elsewhere@example.com").of("User2").join(&app).await;
    let taken_again = Person::new("taken@example.com").join(&app).await;
    Person::new("taken@example.com").with_password("another persons phrase").register(&app).await;
    let mut answers = Vec::new();
    for (email, password) in [
        ("unknown@example.com", "securepassword123"),
        (&john.email, "wrong phrase"),
        (&john.email, ""),
        (&john.email, "abc\0def"),
        (&john.email, &"x".repeat(5000)),
        (&john.email, "short"),
        (&pending.email, "wrong phrase"),
        (&taken_again.email, "wrong phrase"),
        (&elsewhere.email, &elsewhere.password),
        ("no address", "securepassword123"),
        ("", "securepassword123"),
        ("John <john@example.com>", &john.password),
    ] {
        let answer = Answer::of(app.login("User1", email, password).await).await;
        answers.push((format!("{email} with {}", password.chars().take(20).collect::<String>()), answer));
    }
    assert_alike(&answers);
    let answer = &answers[0].1;
    assert_eq!(answer.status, 401);
    assert!(answer.body.contains("Invalid email or password"));
}

#[tokio::test]
async fn d70_create_responds_the_same_for_free_pending_and_taken_addresses() {
    let app = TestApp::with(&[super::UNLIMITED]).await;
    Person::new("owner@example.com").join(&app).await;
    Person::new("twice@example.com").register(&app).await;
    Person::new("other@example.com").with_password("another persons phrase").register(&app).await;
    let mut answers = Vec::new();
    for (what, email) in [
        ("free", "early@example.com"),
        ("pending", "twice@example.com"),
        ("pending with another password", "other@example.com"),
        ("taken", "owner@example.com"),
        ("taken, spelt otherwise", "OWNER@Example.com"),
    ] {
        let answer = Answer::of(app.post_json("/User1/create", Person::new(email).form()).await).await;
        let body: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
        let id = body["id"].as_str().unwrap();
        assert_eq!(id.len(), 26);
        answers.push((what.to_owned(), answer.without(id).without(&email.to_lowercase())));
    }
    assert_alike(&answers);
    assert_eq!(answers[0].1.status, 200);
}

#[tokio::test]
async fn d70_registering_a_taken_address_gets_the_usual_response() {
    let app = TestApp::start().await;
    let owner = Person::new("owner@example.com").join(&app).await;
    let mut seen = Vec::new();
    for email in ["owner@example.com", "early@example.com"] {
        let newcomer = Person::new(email).with_password("the newcomers phrase").register(&app).await;
        seen.push(("right".to_owned(), Answer::of(app.login("User1", email, &newcomer.password).await).await));
        let again = app.post_json("/User1/verify/resend", serde_json::json!({ "email": email })).await;
        assert_eq!(again.status(), 200);
    }
    assert_alike(&seen);
    assert_eq!(seen[0].1.status, 403);

    // The owner gets an email without a link, and the account does not change.
    let mails = app.mails_to(&owner.email).await;
    assert!(mails[0]["subject"].as_str().unwrap().contains("already have an account"));
    assert!(mails[0]["links"].as_array().unwrap().is_empty());
    let token = owner.log_in(&app).await;
    assert_eq!(json(app.get_as(&token, "/User1/me").await, 200).await["id"], owner.id.as_str());
    problem(app.login("User1", &owner.email, "the newcomers phrase").await, 403).await;
}
