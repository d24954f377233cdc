//! An email is retried with growing backoffs, for a day.

use std::time::Duration;

use portcullis_core::port::OutboxState;
use serde_json::json;

use super::{HOUR, MINUTE, NO_SUCH_USER, count, link, outbox, pair, to};
use crate::support::{Person, json, problem, smtp::Behaviour};

#[tokio::test]
async fn a_mail_server_that_is_down_for_an_hour_loses_nothing() {
    let (server, app) = pair(&[]).await;
    server.behave(Behaviour::Refuse);
    let mut people = Vec::new();
    for minute in 0..60 {
        if minute % 6 == 0 {
            people.push(Person::new(&format!("person{minute}@example.com")).register(&app).await);
        }
        app.pump().await;
        app.advance(MINUTE);
    }
    assert!(server.connections() > 60, "it was tried again and again: {}", server.connections());

    server.behave(Behaviour::Accept);
    // No backoff is longer than a quarter of an hour.
    app.advance(15 * MINUTE);
    app.pump().await;
    app.advance(15 * MINUTE);
    assert_eq!(app.pump().await, 0, "all were sent");
    let mails = server.messages();
    assert_eq!(mails.len(), people.len());
    for person in people {
        let [mail] = to(&mails, &person.email)[..] else { panic!("not one mail to {}", person.email) };
        assert_eq!(app.open(&link(mail, "verify")).await.status(), 200);
        person.log_in(&app).await;
    }
}

#[tokio::test]
async fn a_mail_server_that_hangs_holds_up_no_request() {
    let (server, app) = pair(&[]).await;
    server.behave(Behaviour::Hang);
    Person::new("first@example.com").register(&app).await;
    let requests = async {
        for number in 0..20 {
            let john = Person::new(&format!("john{number}@example.com")).register(&app).await;
            problem(app.login("User1", &john.email, &john.password).await, 403).await;
        }
    };
    tokio::select! {
        _ = app.pump() => panic!("the mail server answered"),
        () = requests => {}
    }
    assert_eq!(server.commands().iter().filter(|command| command.line.starts_with("MAIL")).count(), 1);
}

#[tokio::test]
async fn a_transient_rejection_is_retried_with_growing_backoffs() {
    let (server, app) = pair(&[]).await;
    server.behave(Behaviour::RejectRecipient("450 4.2.1 The mailbox is busy".to_owned()));
    Person::new("john@example.com").register(&app).await;
    let mut tries = Vec::new();
    for second in 0..1500_u64 {
        app.pump().await;
        let so_far = count(&server, "RCPT");
        if so_far > tries.len() {
            tries.push(second);
        }
        assert_eq!(so_far, tries.len(), "one try at a time");
        app.advance(Duration::from_secs(1));
    }
    let waits: Vec<u64> = tries.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(waits.len() >= 7, "{waits:?}");
    for (wait, longest) in waits.iter().zip([5, 10, 20, 40, 80, 160, 320, 640, 900]) {
        assert!((longest / 2..=longest).contains(wait), "{wait} is not between a half and the whole of {longest}");
    }

    server.behave(Behaviour::Accept);
    app.advance(15 * MINUTE);
    app.pump().await;
    assert_eq!(server.messages().len(), 1);
}

#[tokio::test]
async fn an_unknown_recipient_is_given_up_immediately() {
    let (server, mut app) = pair(&[]).await;
    server.behave(Behaviour::RejectRecipient(NO_SUCH_USER.to_owned()));
    Person::new("unknown@example.com").register(&app).await;
    app.pump().await;
    assert_eq!(count(&server, "RCPT"), 1);
    server.behave(Behaviour::Accept);
    for _ in 0..48 {
        app.advance(HOUR / 2);
        assert_eq!(app.pump().await, 0);
    }
    assert!(server.messages().is_empty());
    app.stop().await;
    assert_eq!(outbox(&app).await, OutboxState { waiting: 0, dead: 1, oldest: None });
}

#[tokio::test]
async fn a_refusal_of_this_server_is_no_reason_to_give_a_mail_up() {
    let (server, app) = pair(&[]).await;
    // This is not the recipient's fault. An operator can set a user name.
    server.behave(Behaviour::RejectRecipient("530 5.7.0 Authentication required".to_owned()));
    Person::new("john@example.com").register(&app).await;
    app.pump().await;
    server.behave(Behaviour::RejectMessage("530 5.7.0 Authentication required".to_owned()));
    app.advance(MINUTE);
    app.pump().await;
    server.behave(Behaviour::Accept);
    app.advance(MINUTE);
    app.pump().await;
    assert_eq!(server.messages().len(), 1);
}

#[tokio::test]
async fn after_a_day_a_mail_is_given_up_and_can_be_asked_for_again() {
    let (server, mut app) = pair(&[]).await;
    server.behave(Behaviour::Refuse);
    let john = Person::new("john@example.com").register(&app).await;
    for _ in 0..95 {
        app.pump().await;
        app.advance(15 * MINUTE);
    }
    let tries = server.connections();
    app.pump().await;
    assert_eq!(server.connections(), tries + 1, "after 23 hours and three quarters it is still tried");
    app.advance(15 * MINUTE);
    app.pump().await;
    server.behave(Behaviour::Accept);
    for _ in 0..8 {
        app.advance(15 * MINUTE);
        assert_eq!(app.pump().await, 0);
    }
    assert_eq!(server.connections(), tries + 1, "after a day no more");
    app.stop().await;
    assert_eq!(outbox(&app).await, OutboxState { waiting: 0, dead: 1, oldest: None });

    let app = app.restart().await;
    json(app.post_json("/User1/verify/resend", json!({ "email": john.email })).await, 200).await;
    app.pump().await;
    let mails = server.messages();
    assert_eq!(app.open(&link(&mails[0], "verify")).await.status(), 200);
    john.log_in(&app).await;
}

#[tokio::test]
async fn the_outbox_names_the_fault_of_the_latest_attempt() {
    let (server, app) = pair(&[]).await;
    let owner = app.owner().await;
    app.advance(MINUTE);
    app.pump().await;
    Person::new("john@example.com").register(&app).await;
    let message = async || json(owner.get(&app, "/outbox?realm=User1").await, 200).await["items"][0].clone();
    assert_eq!(message().await["fault"], json!(null));
    for (answer, state, fault) in
        [("450 4.2.1 The mailbox is busy", "retrying", "failed"), (NO_SUCH_USER, "dead", "rejected")]
    {
        server.behave(Behaviour::RejectRecipient(answer.to_owned()));
        app.advance(MINUTE);
        app.pump().await;
        let seen = message().await;
        assert_eq!((&seen["state"], &seen["fault"]), (&json!(state), &json!(fault)), "{seen}");
        assert!(!seen.to_string().contains("4.2.1"), "{seen}");
    }
    let (_, listed) = app.command(&["outbox", "list", "--realm", "User1"]).await;
    assert_eq!(listed["items"][0]["fault"], "rejected");
}
