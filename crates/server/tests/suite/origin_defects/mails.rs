//! Rows D26, D76, D81, D82 and D95: emails, their delivery, and user input in them.

use std::time::Duration;

use serde_json::json;

use super::program::{Visitor, link_in, start, with_mail};
use crate::support::{
    Person, TestApp, json, problem,
    smtp::{Behaviour, Options, SmtpServer},
};

/// Starts an application that sends its emails to this server.
async fn mailing(smtp: &SmtpServer) -> TestApp {
    let port = smtp.port().to_string();
    TestApp::with(&[("MAIL_SERVER", "127.0.0.1"), ("MAIL_PORT", &port), ("MAIL_STARTTLS", "off")]).await
}

#[tokio::test]
async fn d26_a_lost_mail_can_be_requested_again() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").register(&app).await;
    assert_eq!(app.mails_to(&john.email).await.len(), 1);
    json(app.post_json("/User1/verify/resend", json!({ "email": john.email })).await, 200).await;
    assert_eq!(app.mails_to(&john.email).await.len(), 2);
    json(app.post_json("/User1/create", john.form()).await, 200).await;
    assert_eq!(app.mails_to(&john.email).await.len(), 3);
    john.verify(&app).await.log_in(&app).await;
}

#[tokio::test]
async fn d26_an_address_is_not_stuck_when_the_mail_server_was_away() {
    let smtp = SmtpServer::start(Options::default()).await;
    let app = mailing(&smtp).await;
    smtp.behave(Behaviour::Refuse);
    let john = Person::new("john@example.com").register(&app).await;
    app.pump().await;
    problem(app.login("User1", &john.email, &john.password).await, 403).await;

    smtp.behave(Behaviour::Accept);
    json(app.post_json("/User1/create", john.form()).await, 200).await;
    app.pump().await;
    let mails = smtp.messages();
    assert_eq!(mails.len(), 1);
    assert_eq!(app.open(&link_in(&mails[0].links(), "verify")).await.status(), 200);
    john.log_in(&app).await;
}

#[tokio::test]
async fn d76_a_name_cannot_inject_text_into_an_email() {
    let app = TestApp::with(&[super::UNLIMITED]).await;
    for (number, name) in [
        "<a href=https://evil.example>Click</a>",
        "<img src=x onerror=alert(1)>",
        "</title><script>alert(1)",
        "\"><style>*{display:none}",
        "Visit evil.example now",
        "https://evil.example",
        "www.evil.example",
        "evil.example:8080",
        "write to me@evil.example",
        "javascript:alert(1)",
        "{{ verification_url }}",
        "{% raw %}",
    ]
    .into_iter()
    .enumerate()
    {
        let victim = Person::new(&format!("victim{number}@example.com"));
        let mut form = victim.form();
        form["first_name"] = json!(name);
        form["last_name"] = json!(name);
        json(app.post_json("/User1/create", form.clone()).await, 200).await;
        let page = app.open(&app.link(&victim.email, "verify").await).await.text().await.unwrap();
        json(app.post_json("/User1/create", form).await, 200).await;
        let mails = app.mails_to(&victim.email).await;
        assert_eq!(mails.len(), 3);
        let shown = |part: &str| mails.iter().map(|mail| mail[part].as_str().unwrap().to_owned()).collect::<Vec<_>>();
        for html in shown("html").iter().chain([&page]) {
            for mark in ["evil", "javascript:", "<img", "<script", "<style>*"] {
                assert!(!html.contains(mark), "{mark} by {name} in {html}");
            }
        }
        for text in shown("text").iter().chain(&shown("subject")) {
            let text = text.replace(&app.base, "");
            assert!(!text.contains("evil") && !text.contains("script:") && !text.contains("://"), "{name} in {text}");
        }
    }
}

#[tokio::test]
async fn d81_a_registration_sends_one_mail_and_the_welcome_waits() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").register(&app).await;
    let mails = app.mails().await;
    assert_eq!(mails.len(), 1);
    assert!(mails[0]["subject"].as_str().unwrap().starts_with("Confirm your email address"));
    let john = john.verify(&app).await;
    let mails = app.mails().await;
    assert_eq!(mails.len(), 2);
    assert!(mails[0]["subject"].as_str().unwrap().starts_with("Welcome"));
    // Opening the link again does not send another email.
    john.verify(&app).await;
    assert_eq!(app.mails().await.len(), 2);
}

#[tokio::test]
async fn d82_while_mail_is_away_registrations_are_whole_and_may_be_repeated() {
    let smtp = SmtpServer::start(Options::default()).await;
    let app = mailing(&smtp).await;
    smtp.behave(Behaviour::Refuse);
    let john = Person::new("john@example.com").register(&app).await;
    app.pump().await;
    let john = john.register(&app).await;
    app.pump().await;
    assert!(smtp.messages().is_empty());

    smtp.behave(Behaviour::Accept);
    app.advance(Duration::from_secs(60));
    app.pump().await;
    // Only the newest registration is sent an email.
    let mails = smtp.messages();
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].to, ["john@example.com"]);
    assert_eq!(app.open(&link_in(&mails[0].links(), "verify")).await.status(), 200);
    let token = john.log_in(&app).await;
    assert_eq!(json(app.get_as(&token, "/User1/me").await, 200).await["id"], john.id.as_str());
}

#[tokio::test]
async fn d95_a_mail_outlives_a_power_cut_right_after_the_answer() {
    let smtp = SmtpServer::start(Options::default()).await;
    smtp.behave(Behaviour::Refuse);
    let mut program = with_mail(&smtp, &[]);
    start(&mut program).await;
    let visitor = Visitor::of(&program);
    let john = Person::new("john@example.com");
    json(visitor.create(&john).await, 200).await;
    program.kill();
    assert!(smtp.messages().is_empty());

    smtp.behave(Behaviour::Accept);
    start(&mut program).await;
    let mails = smtp.wait_for(1).await;
    assert_eq!(visitor.get(&link_in(&mails[0].links(), "verify")).await.status(), 200);
    visitor.log_in(&john).await;
    assert!(smtp.wait_for(2).await[1].subject().starts_with("Welcome"));
}
