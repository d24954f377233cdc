//! Rows R26 and R90: attempts at SMS codes.

use reqwest::Method;
use serde_json::json as value;

use super::MINUTE;
use crate::{
    limits::{ENFORCED, from},
    support::{Person, TestApp, json, problem},
};

#[tokio::test]
async fn r26_a_client_tries_thirty_codes_a_minute_in_all_ways_and_for_all_accounts_together() {
    let app = TestApp::with(&[ENFORCED, &[("LIMIT_OTP_CLIENT", "100/1h")]].concat()).await;
    let john = Person::new("john@example.com").join(&app).await;
    let give = async |number: usize, client: &str| {
        // A new handle for every five attempts, alternating between an account and an unknown ID.
        let id = if number.is_multiple_of(2) { &*john.id } else { "unknown" };
        let body = value!({"id": id, "phone": "+1234567890"});
        let asked = json(app.post_json("/User1/otp_phone", body).await, 200).await;
        let handle = asked["otp"].as_str().unwrap();
        let path = "/User1/verify_otp_phone";
        let request = match number % 3 {
            0 => app.request(Method::GET, &format!("{path}?token={handle}&otp=000000")),
            1 => app.request(Method::POST, path).form(&[("token", handle), ("otp", "000000")]),
            _ => app.request(Method::POST, &format!("/v1{path}")).json(&value!({"token": handle, "otp": "000000"})),
        };
        from(client, request).send().await.unwrap()
    };
    for number in 0..30 {
        problem(give(number, "192.0.2.1").await, 400).await;
    }
    for number in 30..33 {
        problem(give(number, "192.0.2.1").await, 429).await;
    }
    problem(give(33, "192.0.2.2").await, 400).await;
    app.advance(MINUTE);
    problem(give(34, "192.0.2.1").await, 400).await;
}

#[tokio::test]
async fn r90_a_code_is_tried_five_times_whatever_limits_do() {
    for mode in ["enforce", "observe", "off"] {
        let app = TestApp::with(&[("RATE_LIMIT_MODE", mode)]).await;
        let john = Person::new("john@example.com").join(&app).await;
        let body = value!({"id": john.id, "phone": "+1234567890"});
        let asked = json(app.post_json("/User1/otp_phone", body).await, 200).await;
        let sent = app.mails().await;
        let code = sent[0]["code"].as_str().unwrap();
        let wrong = if code == "000000" { "000001" } else { "000000" };
        let give = async |code: &str| {
            let body = value!({"token": asked["otp"], "otp": code});
            problem(app.post_json("/User1/verify_otp_phone", body).await, 400).await["code"]
                .as_str()
                .unwrap()
                .to_owned()
        };
        for _ in 0..5 {
            assert_eq!(give(wrong).await, "otp.wrong", "{mode}");
        }
        assert_eq!(give(code).await, "otp.invalid", "{mode}");
    }
}
