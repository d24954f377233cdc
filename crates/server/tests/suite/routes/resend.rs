use std::time::Duration;

use serde_json::json;

use crate::support::{Person, TestApp, json, problem};

const SAID: &str = "Verification link sent to your email";

#[tokio::test]
async fn the_mail_comes_again_with_the_same_link() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").register(&app).await;
    let first = app.link(&john.email, "verify").await;
    let answer = json(app.post_json("/User1/verify/resend", json!({"email": "JOHN@example.com"})).await, 200).await;
    assert_eq!(answer["message"], SAID);
    assert_eq!(app.mails_to(&john.email).await.len(), 2);
    assert_eq!(app.link(&john.email, "verify").await, first);
    assert_eq!(app.open(&first).await.status(), 200);
}

#[tokio::test]
async fn after_the_link_has_lapsed_a_new_one_comes() {
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
async fn the_answer_does_not_tell_who_is_there() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let mut answers = Vec::new();
    for email in [john.email.as_str(), "nobody@example.com"] {
        let response = app.post_json("/User1/verify/resend", json!({"email": email})).await;
        assert_eq!(response.status(), 200);
        answers.push(response.text().await.unwrap());
    }
    assert_eq!(answers[0], answers[1]);
    assert!(app.mails_to("nobody@example.com").await.is_empty());
    problem(app.post_json("/User1/verify/resend", json!({"email": "nobody"})).await, 422).await;
}
