//! Requirements of standards that no other test covers, row by row of their list: `r01_…` shows that row R01 is
//! satisfied.

mod codes;
mod guesses;
mod load;

use std::time::Duration;

use reqwest::{Method, RequestBuilder, Response};
use serde_json::json as value;

use crate::{
    limits::{ENFORCED, from},
    support::{Person, TestApp, json},
};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

fn password_of(app: &TestApp, email: &str, password: &str) -> RequestBuilder {
    app.request(Method::POST, "/User1/login").form(&[("username", email), ("password", password)])
}

/// Logs in from this address.
async fn log_in_from(app: &TestApp, client: &str, email: &str, password: &str) -> Response {
    from(client, password_of(app, email, password)).send().await.unwrap()
}

/// Returns a quota such as `30/1m` in the format of the response header.
fn policy(quota: &str) -> String {
    let (times, per) = quota.split_once('/').unwrap();
    let (number, unit) = per.split_at(per.len() - 1);
    let seconds = number.parse::<u64>().unwrap()
        * match unit {
            "s" => 1,
            "m" => 60,
            "h" => 3600,
            _ => panic!("{unit}"),
        };
    format!("q={times};w={seconds}")
}

#[tokio::test]
async fn r01_the_documented_limits_are_those_of_a_server_without_settings() {
    let app = TestApp::with(ENFORCED).await;
    let settings = portcullis::config::settings_markdown();
    let default = |name: &str| {
        let row = settings.lines().find(|line| line.starts_with(&format!("| `{name}` |"))).unwrap();
        row.split('`').nth(3).unwrap().to_owned()
    };
    let email = value!({"email": "john@example.com"});
    let code = value!({"id": "unknown", "phone": "+1234567890"});
    for (name, request) in [
        ("LIMIT_PASSWORDS_CLIENT", password_of(&app, "john@example.com", "wrong-wrong-wrong")),
        ("LIMIT_MAILS_CLIENT", app.request(Method::POST, "/User1/create").json(&Person::new("a@example.com").form())),
        ("LIMIT_MAILS_CLIENT", app.request(Method::POST, "/User1/forget_password").json(&email)),
        ("LIMIT_MAILS_CLIENT", app.request(Method::POST, "/User1/verify/resend").json(&email)),
        ("LIMIT_OTP_CLIENT", app.request(Method::POST, "/User1/otp_phone").json(&code)),
        ("LIMIT_LINKS_CLIENT", app.request(Method::GET, "/User1/verify?token=x")),
        ("LIMIT_LINKS_CLIENT", app.request(Method::GET, "/User1/verify_otp_phone?token=x&otp=123456")),
    ] {
        let answer = from("192.0.2.1", request).send().await.unwrap();
        let told = answer.headers()["ratelimit-policy"].to_str().unwrap().to_owned();
        assert_eq!(told.split_once(';').unwrap().1, policy(&default(name)), "{name}");
    }
    assert!(settings.contains("| `RATE_LIMIT_MODE` | `observe` in development, `enforce` in production |"));
}

#[tokio::test]
async fn r11_links_that_lead_somewhere_cost_nothing() {
    let app = TestApp::with(ENFORCED).await;
    let john = Person::new("john@example.com").register(&app).await;
    let link = app.link(&john.email, "verify").await;
    for _ in 0..40 {
        assert_eq!(app.open(&link).await.status(), 200);
    }
}

#[tokio::test]
async fn r11_a_session_that_is_refreshed_without_end_holds_up_no_other() {
    let app = TestApp::with(ENFORCED).await;
    let john = Person::new("john@example.com").join(&app).await;
    let session = async || {
        let entered = json(app.login("User1", &john.email, &john.password).await, 200).await;
        entered["refresh_token"].as_str().unwrap().to_owned()
    };
    let (first, second) = (session().await, session().await);
    let refresh = async |path: &str, token: &str| {
        app.post_form(path, &[("grant_type", "refresh_token"), ("refresh_token", token)]).await
    };
    // Repeating the same token returns the same pair for a while, which is the same amount of work.
    for path in ["/User1/token", "/v1/User1/token"].iter().cycle().take(60) {
        json(refresh(path, &first).await, 200).await;
    }
    for path in ["/User1/token", "/v1/User1/token"] {
        assert_eq!(refresh(path, &first).await.status(), 429);
    }
    json(refresh("/User1/token", &second).await, 200).await;
}
