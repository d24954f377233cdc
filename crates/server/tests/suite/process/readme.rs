//! The examples in the original service's README.

use std::{
    process::Command,
    time::{Duration, Instant},
};

use serde_json::Value;

use super::good;
use crate::support::process::{Program, client, to_the_end};

/// The examples in the original service's README, verbatim.
const REGISTRATION: &str = r#"curl -X POST "http://localhost:8000/User1/create" \
  -H "Content-Type: application/json" \
  -d '{
    "first_name": "John",
    "last_name": "Doe",
    "email": "john.doe@example.com",
    "phone": "+1234567890",
    "country_code": "US",
    "password": "securepassword123"
  }'
"#;
const LOGIN: &str = r#"curl -X POST "http://localhost:8000/User1/login" \
  -H "Content-Type: application/x-www-form-urlencoded" \
  -d "username=john.doe@example.com&password=securepassword123"
"#;
const INFORMATION: &str = r#"curl -X GET "http://localhost:8000/User1/?id=user-id-here" \
  -H "Authorization: Bearer your-jwt-token"
"#;
const CODE: &str = r#"curl -X POST "http://localhost:8000/User1/otp_phone" \
  -H "Content-Type: application/json" \
  -d '{
    "id": "user-id-here",
    "phone": "+1234567890"
  }'
"#;

#[tokio::test]
async fn the_examples_of_the_origins_readme_work_as_they_are_printed() {
    let program = Program::start(&[]).await;
    let created = curl(&program, REGISTRATION);
    assert_eq!(created["message"], "User created successfully");
    assert_eq!(created["Email"], "john.doe@example.com");
    let id = created["id"].as_str().unwrap();

    let refused = curl(&program, LOGIN);
    assert_eq!(refused["detail"], "Email not verified");
    let link = first_link(&program).await;
    curl_text(&program, &format!("curl '{link}'"));

    let entered = curl(&program, LOGIN);
    assert_eq!(entered["token_type"], "bearer");
    let token = entered["access_token"].as_str().unwrap();

    let user = curl(&program, &INFORMATION.replace("user-id-here", id).replace("your-jwt-token", token));
    assert_eq!(user["id"], id);
    assert_eq!(user["first_name"], "John");
    assert_eq!(user["last_name"], "Doe");
    assert_eq!(user["email"], "john.doe@example.com");
    assert_eq!(user["phone"], "+1234567890");
    assert_eq!(user["country_code"], "US");
    assert_eq!(user["is_email_verified"], true);

    let sent = curl(&program, &CODE.replace("user-id-here", id));
    assert_eq!(sent["message"], "OTP generated successfully");
    assert!(sent["otp"].as_str().is_some_and(|handle| handle.len() > 26), "{sent}");
}

/// Returns the link in the only email so far.
async fn first_link(program: &Program) -> String {
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_secs(10) {
        let mailbox = client().get(program.url("/dev/mailbox.json")).send().await.unwrap();
        let mails: Value = mailbox.json().await.unwrap();
        if let Some(link) = mails[0]["links"][0].as_str() {
            return link.to_owned();
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("no mail came");
}

/// Runs a command of the README, in which only the port is replaced.
fn curl(program: &Program, printed: &str) -> Value {
    let answer = curl_text(program, printed);
    serde_json::from_str(&answer).unwrap_or_else(|_| panic!("no JSON: {answer}"))
}

fn curl_text(program: &Program, printed: &str) -> String {
    let command = printed.replace("localhost:8000", &format!("localhost:{}", program.port()));
    let mut shell = Command::new("sh");
    shell.args(["-c", &command]).env("NO_PROXY", "*");
    good(to_the_end(shell)).stdout
}
