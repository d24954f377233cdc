//! Names in emails are escaped, and recipients are erased after delivery.

use std::{sync::Arc, time::Duration};

use portcullis_core::{
    Ctx,
    message::{Channel, outbox::Lease},
    random::SeededRandom,
};
use serde_json::json;

use super::{MINUTE, NO_SUCH_USER, link, outbox, pair, to};
use crate::support::{
    Person, TestApp, json, problem,
    smtp::{Behaviour, Message, SmtpServer},
};

/// As long as the owner has not signed in, another person may have entered the name.
#[tokio::test]
async fn no_name_is_in_a_mail_before_the_first_login() {
    let (server, app) = pair(&[("APP_NAME", "Ada & Co <Portcullis>")]).await;
    let names =
        ["Zebedee", "Your account is locked, call +1900", "<b>Eve & \"Co\"", "Win at evil.example now", "{{ year }}"];
    for (number, name) in names.iter().enumerate() {
        let email = format!("person{number}@example.com");
        let welcome = welcome(&server, &app, &email, name).await;
        let of_verification = to(&server.messages(), &email)[0].clone();
        for mail in [&welcome, &of_verification] {
            let all = shown(&format!("{}{}{}", mail.subject(), mail.text(), mail.html()));
            assert!(!all.contains(name), "{name}: {all}");
            assert!(mail.links().iter().all(|link| link.starts_with(&app.base)), "{all}");
        }
        assert_eq!(welcome.subject(), "Welcome to Ada & Co <Portcullis>");
        assert!(welcome.html().contains("Ada &amp; Co &lt;Portcullis&gt;"), "{}", welcome.html());
    }
}

#[tokio::test]
async fn no_line_break_gets_into_a_mail() {
    let (server, app) = pair(&[]).await;
    for name in ["Eve\r\nBcc: all@example.com", "Eve\nX: y", "Eve\u{2028}"] {
        let mut form = Person::new("eve@example.com").form();
        form["first_name"] = json!(name);
        problem(app.post_json("/User1/create", form).await, 422).await;
    }
    for email in ["eve@example.com\r\nRCPT TO:<all@example.com>", "eve@example.com>\r\nX", "eve@example.com\n"] {
        let mut form = Person::new("eve@example.com").form();
        form["email"] = json!(email);
        let answer = app.post_json("/User1/create", form).await;
        // White space around an address is ignored; inside, it makes the address invalid.
        assert_eq!(answer.status(), if email.trim() == "eve@example.com" { 200 } else { 422 });
    }
    app.pump().await;
    assert!(server.messages().iter().all(|mail| mail.to == ["eve@example.com"]));
}

#[tokio::test]
async fn the_recipient_is_erased_after_delivery() {
    let (server, mut app) = pair(&[]).await;
    for answer in [Behaviour::Accept, Behaviour::RejectRecipient(NO_SUCH_USER.to_owned())] {
        Person::new("erased.recipient@example.com").register(&app).await;
        app.stop().await;
        let sealed = recipient(&app).await;
        assert!(holds(&app, &sealed).await, "the test would find it");
        assert!(!holds(&app, b"erased.recipient").await, "the recipient is sealed");

        app = app.restart().await;
        app.advance(MINUTE);
        server.behave(answer);
        assert_eq!(app.pump().await, 1);
        app.stop().await;
        assert_eq!(outbox(&app).await.waiting, 0);
        assert!(!holds(&app, &sealed).await, "it is still there");
        app = app.restart().await;
    }
    assert_eq!(server.messages().len(), 1);
}

/// Returns the sealed recipient of the only queued message of a stopped application.
async fn recipient(app: &TestApp) -> Vec<u8> {
    let store = app.store().await;
    let ctx = Ctx::new(&*app.clock, Arc::new(SeededRandom::new(99)), Default::default());
    let claimed = store.claim(Channel::Mail, 9, &Lease::new(&ctx, Duration::from_millis(1))).await.unwrap();
    let [waiting] = &claimed[..] else { panic!("{} rows wait", claimed.len()) };
    let sealed = waiting.row.recipient.as_bytes().to_vec();
    assert!(sealed.len() > 30);
    sealed
}

/// Returns whether the stored data contains these bytes.
async fn holds(app: &TestApp, bytes: &[u8]) -> bool {
    app.contents().await.iter().any(|(_, all)| all.windows(bytes.len()).any(|w| w == bytes))
}

/// Registers and verifies a user with this name, and returns the welcome email.
async fn welcome(server: &SmtpServer, app: &TestApp, email: &str, name: &str) -> Message {
    let mut form = Person::new(email).form();
    form["first_name"] = json!(name);
    json(app.post_json("/User1/create", form).await, 200).await;
    app.pump().await;
    let mails = server.messages();
    assert_eq!(app.open(&link(to(&mails, email)[0], "verify")).await.status(), 200);
    app.pump().await;
    let mails = server.messages();
    let [_, welcome] = to(&mails, email)[..] else { panic!("no welcome to {email}") };
    welcome.clone()
}

/// Renders HTML as an email client does.
fn shown(html: &str) -> String {
    let marks = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&#x2f;", "/"), ("&amp;", "&")];
    marks.iter().fold(html.to_owned(), |shown, (escaped, plain)| shown.replace(escaped, plain))
}
