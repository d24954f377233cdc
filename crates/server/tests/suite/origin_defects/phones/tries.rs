//! Rows D28 and D29: a code allows five attempts, and can be used once.

use std::{collections::HashSet, time::Duration};

use serde_json::json;

use super::{DEAD, WRONG, challenge, handle_in, is_rejected, messages, wrong};
use crate::{
    origin_defects::{UNLIMITED, together},
    sms::{PHONE, give, is_proved},
    support::{Person, TestApp, json, problem},
};

#[tokio::test]
async fn d28_after_five_wrong_codes_the_right_one_is_worth_nothing() {
    let app = TestApp::with(&[UNLIMITED]).await;
    let john = Person::new("john@example.com").join(&app).await;
    let (handle, code) = challenge(&app, &john).await;
    let bad = wrong(&code);
    // All ways of sending attempts are counted, and waiting restores none.
    let path = "/User1/verify_otp_phone";
    for answer in [
        app.get(&format!("{path}?token={handle}&otp={bad}")).await,
        app.get(&format!("/v1{path}?token={handle}&otp={bad}")).await,
        app.post_form(path, &[("token", &handle), ("otp", &bad)]).await,
        app.post_json(path, json!({ "token": handle, "otp": bad })).await,
        {
            app.advance(Duration::from_secs(120));
            give(&app, &handle, &bad).await
        },
    ] {
        assert_eq!(problem(answer, 400).await["detail"], WRONG);
    }
    let app = app.restart().await;
    for code in [&code, &bad] {
        is_rejected(&app, &handle, code, DEAD).await;
    }
    assert!(!is_proved(&app, &john).await);
    // The next challenge works as usual.
    let (handle, code) = challenge(&app, &john).await;
    json(give(&app, &handle, &code).await, 200).await;
}

#[tokio::test]
async fn d28_of_fifty_guesses_at_one_moment_five_count() {
    let app = TestApp::with(&[UNLIMITED]).await;
    let john = Person::new("john@example.com").join(&app).await;
    for _ in 0..4 {
        let (handle, code) = challenge(&app, &john).await;
        let guess = |number| format!("{:06}", (code.parse::<u32>().unwrap() + 1 + number) % 1_000_000);
        let form = |number| format!("token={handle}&otp={}", guess(number));
        let requests = (0..50).map(|number| together::form("/User1/verify_otp_phone", &form(number))).collect();
        let answers = together::answers(&app.base, requests).await;
        assert!(answers.iter().all(|(status, _)| *status == 400), "{answers:?}");
        let told = |detail: &str| answers.iter().filter(|(_, body)| body.contains(&format!("\"{detail}\""))).count();
        assert_eq!((told(WRONG), told(DEAD)), (5, 45));
        is_rejected(&app, &handle, &code, DEAD).await;
    }
    assert!(!is_proved(&app, &john).await);
}

#[tokio::test]
async fn d28_of_fifty_codes_asked_for_at_one_moment_one_is_sent_and_good() {
    let app = TestApp::with(&[UNLIMITED]).await;
    let john = Person::new("john@example.com").join(&app).await;
    let body = json!({ "id": john.id, "phone": PHONE }).to_string();
    let requests = vec![together::post("/User1/otp_phone", "application/json", &body); 50];
    let answers = together::answers(&app.base, requests).await;
    let handles: HashSet<_> = answers.iter().map(|(_, body)| handle_in(serde_json::from_str(body).unwrap())).collect();
    assert_eq!(handles.len(), 50);
    let sent = messages(&app).await;
    assert_eq!(sent.len(), 1);
    let code = sent[0]["code"].as_str().unwrap();
    let mut good = 0;
    for handle in &handles {
        good += usize::from(give(&app, handle, code).await.status() == 200);
    }
    assert_eq!(good, 1);
}

#[tokio::test]
async fn d29_of_fifty_right_codes_at_one_moment_one_counts() {
    let app = TestApp::with(&[UNLIMITED]).await;
    for round in 0..4 {
        let john = Person::new(&format!("john{round}@example.com")).join(&app).await;
        let (handle, code) = challenge(&app, &john).await;
        let path = format!("/User1/verify_otp_phone?token={handle}&otp={code}");
        let statuses = together::statuses(&app.base, vec![together::get(&path); 50]).await;
        assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
        assert_eq!(statuses.iter().filter(|status| **status == 400).count(), 49, "{statuses:?}");
        is_rejected(&app, &handle, &code, DEAD).await;
        assert!(is_proved(&app, &john).await);
    }
}
