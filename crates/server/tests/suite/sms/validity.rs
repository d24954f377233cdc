//! An invalid code is not sent, and a valid one survives a restart.

use twilio::Behaviour;

use super::{Outlets, PHONE, SECOND, give, twilio};
use crate::support::{Person, json, problem};

#[tokio::test]
async fn a_code_that_is_no_longer_valid_is_not_sent() {
    let outlets = Outlets::open(&[]).await;
    let john = outlets.join(Person::new("john@example.com")).await;
    // A code that was never sent, and one that the provider rejected.
    outlets.ask(&john.id, PHONE).await;
    outlets.app.advance(300 * SECOND);
    outlets.app.pump().await;
    assert_eq!(outlets.tries(), 0);
    outlets.twilio.behave(Behaviour::Refuse { status: 500, code: None });
    outlets.ask(&john.id, PHONE).await;
    outlets.wait(299).await;
    assert!((10..32).contains(&outlets.tries()), "{}", outlets.tries());
    outlets.twilio.behave(Behaviour::Accept);
    outlets.app.advance(SECOND);
    outlets.wait(900).await;
    assert!(outlets.twilio.messages().is_empty());

    // A code is still sent in its last second, and expires on time.
    let handle = outlets.ask(&john.id, PHONE).await;
    outlets.app.advance(299 * SECOND);
    let code = outlets.code().await;
    outlets.app.advance(SECOND);
    assert_eq!(problem(give(&outlets.app, &handle, &code).await, 400).await["detail"], "Invalid or expired OTP");
}

#[tokio::test]
async fn nothing_is_sent_for_a_handle_that_was_replaced_or_an_account_that_is_gone() {
    let outlets = Outlets::open(&[]).await;
    let john = outlets.join(Person::new("john@example.com")).await;
    outlets.ask(&john.id, PHONE).await;
    let handle = outlets.ask(&john.id, PHONE).await;
    let code = outlets.code().await;
    assert_eq!(outlets.tries(), 1, "only the newest code is sent");
    json(give(&outlets.app, &handle, &code).await, 200).await;

    outlets.ask(&john.id, PHONE).await;
    let token = john.log_in(&outlets.app).await;
    let delete = outlets.app.request(reqwest::Method::DELETE, "/User1/delete");
    let delete = delete.query(&[("id", &john.id), ("email", &john.email)]).bearer_auth(&token);
    json(delete.send().await.unwrap(), 200).await;
    outlets.wait(10).await;
    assert_eq!(outlets.tries(), 1);
}

#[tokio::test]
async fn a_code_that_waits_outlives_a_restart() {
    let mut outlets = Outlets::open(&[]).await;
    let john = outlets.join(Person::new("john@example.com")).await;
    outlets.twilio.behave(Behaviour::Close);
    let handle = outlets.ask(&john.id, PHONE).await;
    outlets.app.pump().await;
    outlets.app = outlets.app.restart().await;
    outlets.twilio.behave(Behaviour::Accept);
    outlets.app.advance(5 * SECOND);
    let code = outlets.code().await;
    json(give(&outlets.app, &handle, &code).await, 200).await;
}
