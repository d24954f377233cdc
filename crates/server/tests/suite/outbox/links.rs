//! A link is valid for its whole lifetime after a late delivery, and an email with an invalid link is not sent.

use portcullis_core::port::OutboxState;
use serde_json::json;

use super::{HOUR, MINUTE, link, outbox, pair, to};
use crate::support::{Person, json, smtp::Behaviour};

#[tokio::test]
async fn the_link_of_a_late_mail_lives_as_long_as_any_other() {
    let (server, app) = pair(&[]).await;
    server.behave(Behaviour::Refuse);
    for email in ["in.time@example.com", "too.late@example.com"] {
        Person::new(email).register(&app).await;
    }
    app.pump().await;
    app.advance(23 * HOUR);
    server.behave(Behaviour::Accept);
    assert_eq!(app.pump().await, 2);
    let mails = server.messages();
    app.advance(24 * HOUR - MINUTE);
    assert_eq!(app.open(&link(to(&mails, "in.time@example.com")[0], "verify")).await.status(), 200);
    app.advance(2 * MINUTE);
    assert_eq!(app.open(&link(to(&mails, "too.late@example.com")[0], "verify")).await.status(), 400);
}

#[tokio::test]
async fn a_link_that_is_no_longer_valid_is_not_sent() {
    let (server, mut app) = pair(&[]).await;
    server.behave(Behaviour::Refuse);
    let first = Person::new("john@example.com").register(&app).await;
    app.pump().await;
    app.advance(MINUTE);
    let second = Person::new("john@example.com").register(&app).await;
    assert_ne!(first.id, second.id);
    server.behave(Behaviour::Accept);
    assert_eq!(app.pump().await, 2, "both are settled");
    let mails = server.messages();
    let [mail] = &mails[..] else { panic!("{} mails came", mails.len()) };
    assert_eq!(app.open(&link(mail, "verify")).await.status(), 200);
    app.pump().await;
    let token = second.log_in(&app).await;
    assert_eq!(json(app.get_as(&token, "/User1/me").await, 200).await["id"], second.id.as_str());
    app.stop().await;
    assert_eq!(outbox(&app).await, OutboxState::default(), "an obsolete mail is done, not dead");
}

#[tokio::test]
async fn a_registration_that_its_owner_discarded_is_not_written_to() {
    let (server, app) = pair(&[]).await;
    Person::new("john@example.com").register(&app).await;
    app.pump().await;
    let undo = link(&server.messages()[0], "undo");
    // A second email with the same links is queued while the first one is used to cancel the registration.
    json(app.post_json("/User1/verify/resend", json!({ "email": "john@example.com" })).await, 200).await;
    let (path, token) = undo.strip_prefix(&app.base).unwrap().split_once("?token=").unwrap();
    let discarded = app.post_form(path, &[("token", token)]).await;
    assert_eq!(discarded.status(), 200);
    app.pump().await;
    assert_eq!(server.messages().len(), 1);
}
