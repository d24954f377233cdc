//! Rows D78 to D80: neither responses nor work reveal whether an address has an account.

use std::time::Duration;

use serde_json::json;

use super::{NEW, reset};
use crate::{
    origin_defects::{
        UNLIMITED,
        answer::{Answer, assert_alike},
        newest_reset,
    },
    support::{
        Person, TestApp, Work, json, problem,
        smtp::{Behaviour, Options, SmtpServer},
    },
};

/// Returns addresses with an account, with a pending registration, with both, and without an account in this realm.
async fn all_sorts(app: &TestApp) -> [(&'static str, &'static str); 6] {
    Person::new("owner@example.com").join(app).await;
    Person::new("pending@example.com").register(app).await;
    Person::new("both@example.com").join(app).await;
    Person::new("both@example.com").with_password("another persons phrase").register(app).await;
    Person::new("elsewhere@example.com").of("User2").join(app).await;
    app.pump().await;
    [
        ("an unknown address", "unknown@example.com"),
        ("an account", "owner@example.com"),
        ("an account, spelt otherwise", "OWNER@Example.com"),
        ("a registration that waits", "pending@example.com"),
        ("an account whose address was registered again", "both@example.com"),
        ("an account of another realm", "elsewhere@example.com"),
    ]
}

#[tokio::test]
async fn d78_forget_password_responds_the_same_for_every_address() {
    let app = TestApp::with(&[UNLIMITED]).await;
    let mut answers = Vec::new();
    for (what, email) in all_sorts(&app).await {
        let get = app.get(&format!("/User1/forget_password?email={email}")).await;
        let form = app.post_form("/User1/forget_password", &[("email", email)]).await;
        let as_json = app.post_json("/User1/forget_password", json!({ "email": email })).await;
        for (way, answer) in [("GET", get), ("form", form), ("JSON", as_json)] {
            answers.push((format!("{what} by {way}"), Answer::of(answer).await));
        }
    }
    assert_alike(&answers);
    assert_eq!(answers[0].1.status, 200);
    assert!(answers[0].1.body.contains("Password reset link sent to your email"));
    for email in ["unknown@example.com", "elsewhere@example.com"] {
        assert!(!app.mails_to(email).await.iter().any(|mail| mail["links"].to_string().contains("reset")), "{email}");
    }
}

#[tokio::test]
async fn d79_forget_password_is_the_same_work_for_every_address() {
    let app = TestApp::with(&[UNLIMITED]).await;
    for (what, email) in all_sorts(&app).await {
        // The second time, there is an older link to invalidate.
        for time in ["first", "second"] {
            app.watched.take();
            json(app.post_form("/User1/forget_password", &[("email", email)]).await, 200).await;
            assert_eq!(
                app.watched.take(),
                Work { hashes: 0, reads: 4, commits: vec![4], renders: 0 },
                "{what}, the {time} time"
            );
        }
    }
}

#[tokio::test]
async fn d79_an_unavailable_mail_server_affects_no_response_and_loses_no_link() {
    let smtp = SmtpServer::start(Options::default()).await;
    let port = smtp.port().to_string();
    let app = TestApp::with(&[("MAIL_SERVER", "127.0.0.1"), ("MAIL_PORT", &port), ("MAIL_STARTTLS", "off")]).await;
    let john = Person::new("john@example.com").register(&app).await;
    app.pump().await;
    smtp.behave(Behaviour::Refuse);
    let mut answers = Vec::new();
    for email in ["unknown@example.com", "john@example.com"] {
        let answer = app.post_form("/User1/forget_password", &[("email", email)]).await;
        answers.push((email.to_owned(), Answer::of(answer).await));
        app.pump().await;
    }
    assert_alike(&answers);
    assert_eq!(answers[0].1.status, 200);
    smtp.behave(Behaviour::Accept);
    app.advance(Duration::from_secs(60));
    app.pump().await;
    let mails = smtp.messages();
    assert_eq!(mails.iter().map(|mail| mail.to.concat()).collect::<Vec<_>>(), vec![john.email.clone(); 2]);
    let links = mails[1].links();
    let link = links.iter().find(|link| link.contains("reset_password_form")).unwrap();
    assert_eq!(app.open(link).await.status(), 200);
}

#[tokio::test]
async fn d80_the_address_may_be_sent_in_the_body() {
    let app = TestApp::with(&[UNLIMITED]).await;
    let john = Person::new("john@example.com").join(&app).await;
    let before = app.mails_to(&john.email).await.len();
    json(app.post_form("/User1/forget_password", &[("email", &john.email)]).await, 200).await;
    app.pump().await;
    json(app.post_json("/v1/User1/forget_password", json!({ "email": john.email })).await, 200).await;
    assert_eq!(app.mails_to(&john.email).await.len(), before + 2);
    let paths = json(app.get("/openapi.json").await, 200).await["paths"].clone();
    assert!(paths["/v1/{realm}/forget_password"]["post"].is_object());
    // With POST, the query is ignored.
    problem(app.post_form("/User1/forget_password?email=john@example.com", &[]).await, 422).await;
    let sent = app.mails_to(&john.email).await;
    assert_eq!(sent.len(), before + 2);
    let path = newest_reset(&app, &john.email).await;
    assert_eq!(reset(&app, &path, NEW).await, 200);
    john.with_password(NEW).log_in(&app).await;
}
