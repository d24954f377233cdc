//! Rows D35 and D39: the documented ways of sending a request all work.

use reqwest::Method;
use serde_json::{Value, json};

use super::{challenge, handle_in, messages};
use crate::{
    origin_defects::UNLIMITED,
    sms::give,
    support::{Person, TestApp, json, problem},
};

#[tokio::test]
async fn d35_handle_and_code_may_be_sent_in_the_body() {
    let app = TestApp::with(&[UNLIMITED]).await;
    let john = Person::new("john@example.com").join(&app).await;
    let paths = json(app.get("/openapi.json").await, 200).await["paths"].clone();
    assert!(paths["/v1/{realm}/verify_otp_phone"]["post"].is_object());
    let path = "/User1/verify_otp_phone";
    let (handle, code) = challenge(&app, &john).await;
    // With POST, the query is ignored and does not count as an attempt.
    for _ in 0..6 {
        problem(app.post_form(&format!("{path}?token={handle}&otp={code}"), &[]).await, 422).await;
    }
    assert_eq!(json(app.post_form(path, &[("token", &handle), ("otp", &code)]).await, 200).await, told());
    let (handle, code) = challenge(&app, &john).await;
    assert_eq!(json(app.post_json(path, json!({ "token": handle, "otp": code })).await, 200).await, told());
    let (handle, code) = challenge(&app, &john).await;
    assert_eq!(json(app.get(&format!("{path}?token={handle}&otp={code}")).await, 200).await, told());
}

fn told() -> Value {
    json!({ "message": "OTP verified successfully" })
}

#[tokio::test]
async fn d39_the_documented_call_works_and_so_does_the_one_of_the_code() {
    let app = TestApp::with(&[UNLIMITED]).await;
    let john = Person::new("john@example.com").join(&app).await;
    // As printed in the README.
    let body = format!("{{\n    \"id\": \"{}\",\n    \"phone\": \"+1234567890\"\n  }}", john.id);
    let query = format!("/User1/otp_phone?id={}&phone=%2B1234567890", john.id);
    let plus = format!("/User1/otp_phone?id={}&phone=+1234567890", john.id);
    let post = |path: &str| app.request(Method::POST, path);
    for (number, (what, request)) in [
        ("the README's", post("/User1/otp_phone").header("Content-Type", "application/json").body(body)),
        ("query parameters", post(&query)),
        ("query parameters by hand", post(&plus)),
        // As sent by the documentation pages of the original service, and by `curl -d ''`.
        ("an empty form beside", post(&query).header("Content-Type", "application/x-www-form-urlencoded").body("")),
        ("an empty body beside", post(&query).header("Content-Type", "application/json").body("")),
    ]
    .into_iter()
    .enumerate()
    {
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200, "{what}");
        let handle = handle_in(response.json().await.unwrap());
        let sent = messages(&app).await;
        assert_eq!(sent.len(), number + 1, "{what}");
        json(give(&app, &handle, sent[0]["code"].as_str().unwrap()).await, 200).await;
    }
}
