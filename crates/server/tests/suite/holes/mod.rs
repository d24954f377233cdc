//! What the origin gets wrong, row by row of the list of its defects: `d01_…` shows that row D01 does not hold here.

mod answer;
mod bearers;
mod concealment;
mod fields;
mod links;
mod logs;
mod mails;
mod owners;
mod pages;
mod passwords;
mod platform;
mod program;
mod sessions;
mod storage;
mod together;

use reqwest::{Method, Response};

use crate::support::{Person, TestApp, json};

/// For tests that ask more often than a person would.
const UNLIMITED: (&str, &str) = ("RATE_LIMIT_MODE", "off");

/// The token in a link.
fn token_of(link: &str) -> &str {
    link.split_once("token=").unwrap().1
}

/// Opens a link or path as a program does.
async fn ask(app: &TestApp, link: &str) -> Response {
    let path = link.strip_prefix(&app.base).unwrap_or(link);
    app.request(Method::GET, path).header("Accept", "application/json").send().await.unwrap()
}

/// An attacker, then the owner, register one address.
async fn contested(app: &TestApp) -> (Person, Person) {
    let attacker = Person::new("victim@example.com").with_password("attackers own phrase").register(app).await;
    let victim = Person::new("victim@example.com").with_password("victims own phrase").register(app).await;
    (attacker, victim)
}

/// Where the owner of a contested address sends the password.
async fn reset_path(app: &TestApp, email: &str) -> String {
    let answer = json(ask(app, &app.link(email, "verify").await).await, 200).await;
    answer["reset_url"].as_str().unwrap().strip_prefix(&app.base).unwrap().to_owned()
}
