//! Rows D25, D28, D33, D42, D43, D63, D80 and D81: guesses, floods and costly messages are limited.

mod clients;
mod codes;
mod guesses;
mod mails;
mod redis;

use std::time::Duration;

use reqwest::{Method, Response};

use crate::{limits::from, support::TestApp};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);

/// Returns a client address that depends on the number.
fn client(number: usize) -> String {
    format!("10.{}.{}.{}", number / 65_536, number / 256 % 256, number % 256)
}

async fn guess(app: &TestApp, number: usize, email: &str, password: &str) -> Response {
    let request = app.request(Method::POST, "/User1/login").form(&[("username", email), ("password", password)]);
    from(&client(number), request).send().await.unwrap()
}
