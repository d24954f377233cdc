//! The provider is asked for the delivery status of a message at most three times.

use twilio::{Behaviour, SID};

use super::{Outlets, PHONE, SECOND, give, twilio};
use crate::support::{Person, json};

#[tokio::test]
async fn the_delivery_status_is_requested_at_most_three_times() {
    let outlets = Outlets::open(&[]).await;
    let john = outlets.join(Person::new("john@example.com")).await;
    outlets.ask(&john.id, PHONE).await;
    outlets.app.pump().await;
    let mut asked = Vec::new();
    for second in 1..=1000 {
        outlets.wait(1).await;
        while asked.len() < outlets.questions() {
            asked.push(second);
        }
    }
    assert_eq!(asked, [10, 60, 300]);
    assert_eq!(outlets.tries(), 1);
    let sid = &outlets.twilio.messages()[0].sid;
    let question = format!("GET /2010-04-01/Accounts/{SID}/Messages/{sid}.json HTTP/1.1\r\n");
    assert!(outlets.twilio.requests()[1..].iter().all(|head| head.starts_with(&question)));
}

#[tokio::test]
async fn a_final_delivery_status_is_not_requested_again() {
    let outlets = Outlets::open(&[]).await;
    let john = outlets.join(Person::new("john@example.com")).await;
    for (number, (status, code)) in
        [("delivered", None), ("undelivered", Some(30003)), ("failed", Some(30007))].into_iter().enumerate()
    {
        for known_from in [1, 2] {
            let before = outlets.questions();
            outlets.ask(&john.id, PHONE).await;
            outlets.app.pump().await;
            let message = outlets.twilio.messages().pop().unwrap();
            outlets.wait(if known_from == 1 { 5 } else { 30 }).await;
            outlets.twilio.set_status(&message.sid, status, code);
            outlets.wait(600).await;
            assert_eq!(outlets.questions() - before, known_from, "{status}");
        }
        assert_eq!(outlets.tries(), 2 * (number + 1), "a message that did not arrive is not sent again by itself");
    }
}

#[tokio::test]
async fn a_failed_status_request_sends_no_second_message() {
    for trouble in [
        Behaviour::Refuse { status: 500, code: None },
        Behaviour::Refuse { status: 404, code: Some(20404) },
        Behaviour::Close,
        Behaviour::Hang,
    ] {
        let outlets = Outlets::open(&[]).await;
        let john = outlets.join(Person::new("john@example.com")).await;
        let handle = outlets.ask(&john.id, PHONE).await;
        let code = outlets.code().await;
        outlets.twilio.behave(trouble.clone());
        for seconds in [10, 50, 240, 300, 3600] {
            outlets.app.advance(seconds * SECOND);
            outlets.app.pump().await;
            if seconds == 50 {
                json(give(&outlets.app, &handle, &code).await, 200).await;
            }
        }
        assert_eq!((outlets.tries(), outlets.questions()), (1, 3), "{trouble:?}");
    }
}
