//! Row D31: a code verifies one phone number of one account, and only if the account owner provided the number.

use serde_json::json;

use super::{DEAD, WRONG, challenge, handle_for, is_rejected, messages};
use crate::{
    origin_defects::{UNLIMITED, ask, contested, mailed_reset, reset_path, token_of},
    sms::{give, is_proved},
    support::{Person, TestApp, json, problem},
};

#[tokio::test]
async fn d31_a_code_is_for_one_person_in_one_realm_and_for_nothing_else() {
    let app = TestApp::with(&[UNLIMITED]).await;
    // All three have the same number.
    let attacker = Person::new("attacker@example.com").join(&app).await;
    let victim = Person::new("victim@example.com").join(&app).await;
    let elsewhere = Person::new("attacker@example.com").of("User2").join(&app).await;
    let (own_handle, own_code) = challenge(&app, &attacker).await;
    let (handle, code) = challenge(&app, &victim).await;
    let (foreign_handle, foreign_code) = challenge(&app, &elsewhere).await;
    is_rejected(&app, &handle, &own_code, WRONG).await;
    is_rejected(&app, &own_handle, &code, WRONG).await;
    is_rejected(&app, &foreign_handle, &foreign_code, DEAD).await;
    let in_the_other = json!({ "token": own_handle, "otp": own_code });
    problem(app.post_json("/User2/verify_otp_phone", in_the_other).await, 400).await;

    // A handle opens no page, and a link is not accepted as a handle.
    for page in ["verify", "undo", "reset_password_form"] {
        problem(ask(&app, &format!("/User1/{page}?token={own_handle}")).await, 400).await;
    }
    let path = format!("/User1/reset_password?token={own_handle}");
    assert_eq!(app.post_form(&path, &[("password", "attackers new phrase")]).await.status(), 400);
    let pending = Person::new("pending@example.com").register(&app).await;
    let reset = mailed_reset(&app, &attacker.email).await;
    for link in [&reset, &app.link(&pending.email, "verify").await, &app.link(&pending.email, "undo").await] {
        is_rejected(&app, token_of(link), &own_code, DEAD).await;
    }

    // Success only verifies the phone number of its owner.
    json(give(&app, &own_handle, &own_code).await, 200).await;
    assert!(is_proved(&app, &attacker).await);
    assert!(!is_proved(&app, &victim).await && !is_proved(&app, &elsewhere).await);
}

/// Two people provided a number for one address, and the owner of the mailbox may be neither of them.
#[tokio::test]
async fn d31_a_number_that_a_stranger_may_have_given_cannot_be_proved() {
    let app = TestApp::with(&[UNLIMITED]).await;
    let (_, victim) = contested(&app).await;
    let path = reset_path(&app, &victim.email).await;
    assert_eq!(app.post_form(&path, &[("password", "chosen by the owner")]).await.status(), 200);
    let victim = victim.with_password("chosen by the owner");
    handle_for(&app, &victim.id).await;
    assert!(messages(&app).await.is_empty());
    assert!(!is_proved(&app, &victim).await);
}

/// A user who sets the password through an emailed link may know neither the password of the registration nor its
/// number.
#[tokio::test]
async fn d31_a_number_that_came_with_another_password_cannot_be_proved() {
    let app = TestApp::with(&[UNLIMITED]).await;
    let attacker = Person::new("victim@example.com").with_password("attackers own phrase").register(&app).await;
    let path = mailed_reset(&app, &attacker.email).await;
    assert_eq!(app.post_form(&path, &[("password", "chosen by the owner")]).await.status(), 200);
    // The attacker knows the id and has the phone.
    handle_for(&app, &attacker.id).await;
    assert!(messages(&app).await.is_empty());
}
