//! A code is delivered once. Transient failures are retried, and a message that may have been delivered is sent at
//! most once more.

use twilio::{Behaviour, SID};

use super::{FROM, Outlets, PHONE, SECOND, code_in, give, is_proved, twilio};
use crate::support::{Person, json};

#[tokio::test]
async fn a_code_goes_to_twilio_and_comes_back() {
    let outlets = Outlets::open(&[("APP_NAME", "Ada & Co")]).await;
    let john = outlets.join(Person::new("john@example.com")).await;
    let handle = outlets.ask(&john.id, PHONE).await;
    assert_eq!(outlets.tries(), 0, "nothing is sent from a request");
    let code = outlets.code().await;

    // The test server checks credentials, method, path and form before it accepts a message.
    let [message] = outlets.twilio.messages().try_into().unwrap();
    assert_eq!((message.to.as_str(), message.from.as_str()), (PHONE, FROM));
    assert_eq!(message.body, format!("{code} is your Ada & Co code. Don't share it."));
    let head = outlets.twilio.requests().remove(0);
    assert!(head.starts_with(&format!("POST /2010-04-01/Accounts/{SID}/Messages.json HTTP/1.1\r\n")), "{head}");
    assert_eq!(outlets.smtp.messages().len(), 2, "no mail goes with it");

    assert!(!is_proved(&outlets.app, &john).await);
    json(give(&outlets.app, &handle, &code).await, 200).await;
    assert!(is_proved(&outlets.app, &john).await);
}

#[tokio::test]
async fn transient_failures_are_retried() {
    let outlets = Outlets::open(&[]).await;
    let john = outlets.join(Person::new("john@example.com")).await;
    for trouble in [
        Behaviour::Refuse { status: 429, code: Some(20429) },
        Behaviour::Refuse { status: 500, code: None },
        Behaviour::Refuse { status: 503, code: Some(20503) },
    ] {
        outlets.twilio.behave(trouble.clone());
        let (taken, tries) = (outlets.twilio.messages().len(), outlets.tries());
        let handle = outlets.ask(&john.id, PHONE).await;
        for seconds in [0, 5, 10] {
            outlets.app.advance(seconds * SECOND);
            outlets.app.pump().await;
        }
        assert_eq!((outlets.twilio.messages().len(), outlets.tries()), (taken, tries + 3), "{trouble:?}");

        outlets.twilio.behave(Behaviour::Accept);
        outlets.app.advance(20 * SECOND);
        let code = outlets.code().await;
        assert_eq!(outlets.twilio.messages().len(), taken + 1, "{trouble:?}");
        json(give(&outlets.app, &handle, &code).await, 200).await;
        // Waits until after the last request for its status.
        outlets.wait(310).await;
    }
    assert!(is_proved(&outlets.app, &john).await);
}

#[tokio::test]
async fn a_wait_that_the_provider_asks_for_holds_for_all_messages() {
    let outlets = Outlets::open(&[]).await;
    let people =
        [outlets.join(Person::new("john@example.com")).await, outlets.join(Person::new("jane@example.com")).await];
    outlets.twilio.behave(Behaviour::Throttle("90"));
    let tries = outlets.tries();
    let mut handles = Vec::new();
    for person in &people {
        handles.push(outlets.ask(&person.id, PHONE).await);
    }
    outlets.wait(89).await;
    assert_eq!((outlets.tries(), outlets.twilio.messages().len()), (tries + 1, 0), "the second is not even tried");
    outlets.twilio.behave(Behaviour::Accept);
    outlets.wait(5).await;
    let messages = outlets.twilio.messages();
    assert_eq!(messages.len(), 2);
    for message in messages {
        let code = code_in(&message.body);
        let mut right = 0;
        for handle in &handles {
            right += usize::from(give(&outlets.app, handle, &code).await.status() == 200);
        }
        assert_eq!(right, 1);
    }
}

#[tokio::test]
async fn a_provider_without_retry_after_is_not_retried_immediately() {
    let outlets = Outlets::open(&[]).await;
    let john = outlets.join(Person::new("john@example.com")).await;
    outlets.twilio.behave(Behaviour::Throttle("0"));
    let tries = outlets.tries();
    outlets.ask(&john.id, PHONE).await;
    for _ in 0..5 {
        outlets.app.pump().await;
    }
    assert_eq!(outlets.tries(), tries + 1);
    outlets.twilio.behave(Behaviour::Accept);
    outlets.wait(2).await;
    assert_eq!(outlets.twilio.messages().len(), 1);
}

/// Each message costs money, and its recipient can request another.
#[tokio::test]
async fn a_message_that_may_have_been_accepted_is_resent_at_most_once() {
    let outlets = Outlets::open(&[]).await;
    let john = outlets.join(Person::new("john@example.com")).await;
    for trouble in [Behaviour::Hang, Behaviour::Close] {
        outlets.twilio.behave(trouble.clone());
        let tries = outlets.tries();
        outlets.ask(&john.id, PHONE).await;
        for _ in 0..10 {
            outlets.app.advance(20 * SECOND);
            outlets.app.pump().await;
        }
        assert_eq!(outlets.tries(), tries + 2, "{trouble:?}");

        outlets.twilio.behave(Behaviour::Accept);
        let handle = outlets.ask(&john.id, PHONE).await;
        let code = outlets.code().await;
        json(give(&outlets.app, &handle, &code).await, 200).await;
        outlets.wait(310).await;
    }
}

#[tokio::test]
async fn an_accepted_message_is_accepted_regardless_of_the_response() {
    let outlets = Outlets::open(&[]).await;
    let john = outlets.join(Person::new("john@example.com")).await;
    for (status, body) in [(201, "<html>"), (200, ""), (202, "{}"), (201, "{\"sid\":\"../../x\"}")] {
        outlets.twilio.behave(Behaviour::Answer { status, body: body.to_owned() });
        let tries = outlets.tries();
        outlets.ask(&john.id, PHONE).await;
        for _ in 0..10 {
            outlets.app.advance(20 * SECOND);
            outlets.app.pump().await;
        }
        assert_eq!(outlets.tries(), tries + 1, "{status} {body}");
    }
}

#[tokio::test]
async fn a_provider_that_is_away_for_two_minutes_loses_no_code() {
    let outlets = Outlets::open(&[]).await;
    outlets.twilio.behave(Behaviour::Refuse { status: 503, code: None });
    let mut waiting = Vec::new();
    for number in 0..5 {
        let person = outlets.join(Person::new(&format!("person{number}@example.com"))).await;
        let handle = outlets.ask(&person.id, PHONE).await;
        waiting.push((person, handle));
    }
    outlets.wait(120).await;
    assert!(outlets.twilio.messages().is_empty());
    outlets.twilio.behave(Behaviour::Accept);
    // No code is five minutes old yet.
    outlets.wait(179).await;
    assert_eq!(outlets.twilio.messages().len(), 5);
    let codes: Vec<_> = outlets.twilio.messages().iter().map(|message| code_in(&message.body)).collect();
    for (person, handle) in waiting {
        let mut proved = 0;
        for code in &codes {
            proved += usize::from(give(&outlets.app, &handle, code).await.status() == 200);
        }
        assert_eq!(proved, 1);
        assert!(is_proved(&outlets.app, &person).await);
    }
}

#[tokio::test]
async fn a_message_with_an_unknown_outcome_is_resent_with_the_same_code() {
    let outlets = Outlets::open(&[]).await;
    let john = outlets.join(Person::new("john@example.com")).await;
    outlets.twilio.behave(Behaviour::CloseAfterTaking);
    let handle = outlets.ask(&john.id, PHONE).await;
    outlets.app.pump().await;
    outlets.twilio.behave(Behaviour::Accept);
    outlets.app.advance(5 * SECOND);
    let code = outlets.code().await;
    let [first, second] = outlets.twilio.messages().try_into().unwrap();
    assert_eq!((&first.to, &first.body), (&second.to, &second.body));
    json(give(&outlets.app, &handle, &code).await, 200).await;
}

/// Every message would be rejected: a wrong token, a suspended account, a messaging service without a sender.
#[tokio::test]
async fn while_the_provider_rejects_the_account_codes_wait() {
    let outlets = Outlets::open(&[]).await;
    let people =
        [outlets.join(Person::new("john@example.com")).await, outlets.join(Person::new("jane@example.com")).await];
    for (status, code) in [(401, Some(20003)), (403, Some(20005)), (400, Some(21703))] {
        outlets.twilio.behave(Behaviour::Refuse { status, code });
        let (taken, tries) = (outlets.twilio.messages().len(), outlets.tries());
        for person in &people {
            outlets.ask(&person.id, PHONE).await;
        }
        outlets.wait(25).await;
        assert_eq!(outlets.tries(), tries + 1, "{status}: the second is not even tried");
        outlets.twilio.behave(Behaviour::Accept);
        outlets.wait(10).await;
        assert_eq!(outlets.twilio.messages().len(), taken + 2, "{status}: none is lost");
        outlets.wait(310).await;
    }
}

#[tokio::test]
async fn permanent_rejections_are_not_retried() {
    let outlets = Outlets::open(&[]).await;
    let john = outlets.join(Person::new("john@example.com")).await;
    for (number, code) in [(1, Some(21211)), (2, Some(21610)), (3, None)] {
        outlets.twilio.behave(Behaviour::Refuse { status: 400, code });
        outlets.ask(&john.id, PHONE).await;
        outlets.app.pump().await;
        outlets.wait(310).await;
        assert_eq!(outlets.tries(), number);
    }
    // Later messages are not delayed.
    outlets.twilio.behave(Behaviour::Accept);
    outlets.wait(5).await;
    assert!(outlets.twilio.messages().is_empty());
    let handle = outlets.ask(&john.id, PHONE).await;
    let code = outlets.code().await;
    json(give(&outlets.app, &handle, &code).await, 200).await;
}
