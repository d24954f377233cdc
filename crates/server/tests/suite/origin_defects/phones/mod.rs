//! Rows D27 to D32, D34, D35 and D37 to D39: phone numbers, and the codes that verify them.

mod codes;
mod concealment;
mod owners;
mod provider;
mod requests;
mod tries;

use reqwest::Response;
use serde_json::{Value, json};

use crate::{
    sms::{PHONE, give},
    support::{Person, TestApp, json, problem},
};

const WRONG: &str = "Invalid OTP";
const DEAD: &str = "Invalid or expired OTP";

async fn request(app: &TestApp, realm: &str, id: &str, phone: &str) -> Response {
    app.post_json(&format!("/{realm}/otp_phone"), json!({ "id": id, "phone": phone })).await
}

/// Requests a code, and returns the handle.
async fn handle_for(app: &TestApp, id: &str) -> String {
    handle_in(json(request(app, "User1", id, PHONE).await, 200).await)
}

fn handle_in(answer: Value) -> String {
    assert_eq!(answer["message"], "OTP generated successfully");
    answer["otp"].as_str().unwrap().to_owned()
}

/// Returns a new handle, and the code that was sent for it.
async fn challenge(app: &TestApp, person: &Person) -> (String, String) {
    let handle = handle_in(json(request(app, &person.realm, &person.id, PHONE).await, 200).await);
    let sms = &messages(app).await[0];
    (handle, sms["code"].as_str().unwrap().to_owned())
}

/// Returns the SMS that were sent, newest first.
async fn messages(app: &TestApp) -> Vec<Value> {
    app.mails().await.into_iter().filter(|message| message["channel"] == "sms").collect()
}

/// Returns a different code.
fn wrong(code: &str) -> String {
    format!("{:06}", (code.parse::<u32>().unwrap() + 1) % 1_000_000)
}

async fn is_rejected(app: &TestApp, handle: &str, code: &str, detail: &str) {
    assert_eq!(problem(give(app, handle, code).await, 400).await["detail"], detail);
}
