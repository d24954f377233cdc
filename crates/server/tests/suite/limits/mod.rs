//! Attackers who guess passwords, flood the server or trigger messages to others are throttled. Account owners are
//! not locked out.

mod clients;
mod codes;
mod devices;
mod enforcement;
mod mails;
mod names;
mod passwords;
mod sessions;
mod tokens;
mod trail;

use std::time::Duration;

use reqwest::{Method, RequestBuilder, Response};

use crate::support::TestApp;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(86_400);
/// Enforced limits behind a proxy, so that clients have different addresses.
pub const ENFORCED: &[(&str, &str)] = &[("RATE_LIMIT_MODE", "enforce"), ("TRUSTED_PROXIES", "127.0.0.1")];

async fn enforced() -> TestApp {
    TestApp::with(ENFORCED).await
}

/// Adds the client's address, as a proxy does.
pub fn from(address: &str, request: RequestBuilder) -> RequestBuilder {
    request.header("X-Forwarded-For", address)
}

/// Logs in from an address that depends on `number`, so that only the account's limit applies.
async fn try_login(app: &TestApp, number: u32, email: &str, password: &str) -> Response {
    let request = app.request(Method::POST, "/User1/login").form(&[("username", email), ("password", password)]);
    from(&format!("10.0.{}.{}", number / 250, number % 250), request).send().await.unwrap()
}

pub fn retry_after(response: &Response) -> u64 {
    response.headers()["retry-after"].to_str().unwrap().parse().unwrap()
}
