use std::time::Duration;

use serde_json::json;

use crate::support::{Person, TestApp, json, problem};

const SAID: &str = "Verification link sent to your email";

#[tokio::test]
async fn the_mail_comes_again_and_the_first_link_is_as_good_as_the_second() {
    let app = TestApp::start().await;
    for first_counts in [true, false] {
        let john = Person::new(&format!("john.{first_counts}@example.com")).register(&app).await;
        let first = app.link(&john.email, "verify").await;
        let again = json!({"email": john.email.to_uppercase()});
        let answer = json(app.post_json("/User1/verify/resend", again).await, 200).await;
        assert_eq!(answer["message"], SAID);
        let second = app.link(&john.email, "verify").await;
        assert_ne!(first, second);
        let (clicked, other) = if first_counts { (&first, &second) } else { (&second, &first) };
        assert_eq!(app.open(clicked).await.status(), 200);
        assert_eq!(app.open(other).await.status(), 200);
        john.log_in(&app).await;
    }
}

#[tokio::test]
async fn asking_again_does_not_extend_earlier_links() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").register(&app).await;
    let first = app.link(&john.email, "verify").await;
    app.advance(Duration::from_secs(23 * 3600));
    json(app.post_json("/User1/verify/resend", json!({"email": john.email})).await, 200).await;
    app.advance(Duration::from_secs(3600));
    assert_eq!(app.open(&first).await.status(), 400);
    assert_eq!(app.open(&app.link(&john.email, "verify").await).await.status(), 200);
}

#[tokio::test]
async fn a_link_does_not_promise_more_than_the_registration_has_left() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").register(&app).await;
    app.advance(Duration::from_secs(7 * 86_400 - 6 * 3600));
    json(app.post_json("/User1/verify/resend", json!({"email": john.email})).await, 200).await;
    assert!(app.mails_to(&john.email).await[0]["text"].as_str().unwrap().contains("works for 6 hours"));
}

#[tokio::test]
async fn after_the_link_has_expired_a_new_one_can_be_requested() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").register(&app).await;
    let first = app.link(&john.email, "verify").await;
    app.advance(Duration::from_secs(3 * 86_400));
    assert_eq!(app.open(&first).await.status(), 400);
    json(app.post_form("/User1/verify/resend", &[("email", &john.email)]).await, 200).await;
    let second = app.link(&john.email, "verify").await;
    assert_ne!(first, second);
    assert_eq!(app.open(&first).await.status(), 400);
    assert_eq!(app.open(&second).await.status(), 200);
    john.log_in(&app).await;
}

#[tokio::test]
async fn the_response_does_not_reveal_accounts() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let mut answers = Vec::new();
    for email in [john.email.as_str(), "unknown@example.com"] {
        let response = app.post_json("/User1/verify/resend", json!({"email": email})).await;
        assert_eq!(response.status(), 200);
        answers.push(response.text().await.unwrap());
    }
    assert_eq!(answers[0], answers[1]);
    assert!(app.mails_to("unknown@example.com").await.is_empty());
    problem(app.post_json("/User1/verify/resend", json!({"email": "unknown"})).await, 422).await;
}
