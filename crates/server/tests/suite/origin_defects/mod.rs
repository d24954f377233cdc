//! Defects of the original service, row by row of their list: `d01_…` shows that defect D01 does not exist here.

mod answer;
mod bearers;
mod concealment;
mod deletion;
mod fields;
mod limits;
mod links;
mod logs;
mod mails;
mod owners;
mod pages;
mod passwords;
mod phones;
pub mod platform;
mod program;
mod resets;
mod sessions;
mod storage;
mod together;

use reqwest::{Method, Response};
use serde_json::Value;

use crate::support::{Person, TestApp, json};

/// For tests that send more requests than the limits allow.
const UNLIMITED: (&str, &str) = ("RATE_LIMIT_MODE", "off");

/// Returns the token in a link.
fn token_of(link: &str) -> &str {
    link.split_once("token=").unwrap().1
}

/// Opens a link or path, and accepts JSON.
async fn ask(app: &TestApp, link: &str) -> Response {
    let path = link.strip_prefix(&app.base).unwrap_or(link);
    app.request(Method::GET, path).header("Accept", "application/json").send().await.unwrap()
}

/// Registers an address first as an attacker, then as its owner.
async fn contested(app: &TestApp) -> (Person, Person) {
    let attacker = Person::new("victim@example.com").with_password("attackers own phrase").register(app).await;
    let victim = Person::new("victim@example.com").with_password("victims own phrase").register(app).await;
    (attacker, victim)
}

/// Returns the path to which the owner of a contested address posts the password.
async fn reset_path(app: &TestApp, email: &str) -> String {
    let answer = json(ask(app, &app.link(email, "verify").await).await, 200).await;
    answer["reset_url"].as_str().unwrap().strip_prefix(&app.base).unwrap().to_owned()
}

/// Requests a password reset in the first realm, and returns the path that the form of the emailed link posts to.
async fn mailed_reset(app: &TestApp, email: &str) -> String {
    json(app.post_form("/User1/forget_password", &[("email", email)]).await, 200).await;
    newest_reset(app, email).await
}

/// Returns the path that the form of the newest reset link posts to.
async fn newest_reset(app: &TestApp, email: &str) -> String {
    let link = app.link(email, "reset_password_form").await;
    link.strip_prefix(&app.base).unwrap().replace("reset_password_form", "reset_password")
}

/// Logs in, and returns both tokens.
async fn pair(app: &TestApp, person: &Person) -> (String, String) {
    let answer = json(app.login(&person.realm, &person.email, &person.password).await, 200).await;
    tokens(&answer).unwrap()
}

/// Returns the access and the refresh token of a response, if it has them.
fn tokens(answer: &Value) -> Option<(String, String)> {
    let text = |member: &str| answer[member].as_str().map(str::to_owned);
    text("access_token").zip(text("refresh_token"))
}

async fn refresh(app: &TestApp, realm: &str, token: &str) -> Response {
    let form = [("grant_type", "refresh_token"), ("refresh_token", token)];
    app.post_form(&format!("/{realm}/token"), &form).await
}
