//! The email about a sign-in from an unknown device.

use std::time::Duration;

use reqwest::{Method, Response};
use serde_json::Value;

use crate::support::{Person, TestApp, json, problem};

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0";
const NEWER_FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:146.0) Gecko/20100101 Firefox/146.0";
const SAFARI: &str = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15";
const PROXY: (&str, &str) = ("TRUSTED_PROXIES", "127.0.0.1");
const SUBJECT: &str = "New sign-in to your Portcullis account";

async fn enter(app: &TestApp, john: &Person, (ip, agent): (&str, &str), device: &str) -> Response {
    let form = [("username", john.email.as_str()), ("password", john.password.as_str()), ("device", device)];
    let request = app.request(Method::POST, &john.path("login")).header("X-Forwarded-For", ip);
    request.header("User-Agent", agent).form(&form).send().await.unwrap()
}

async fn reports(app: &TestApp, john: &Person) -> Vec<Value> {
    app.mails_to(&john.email).await.into_iter().filter(|mail| mail["subject"] == SUBJECT).collect()
}

#[tokio::test]
async fn a_sign_in_from_an_unknown_device_sends_an_email_with_device_address_and_time() {
    let app = TestApp::with(&[PROXY]).await;
    let john = Person::new("john@example.com").join(&app).await;
    let first = json(enter(&app, &john, ("192.0.2.14", FIREFOX), "").await, 200).await;
    assert!(reports(&app, &john).await.is_empty(), "the first sign-in of an account");
    app.advance(Duration::from_secs(14 * 3600 + 12 * 60));
    // The same browser, operating system and network, and the device itself from elsewhere.
    json(enter(&app, &john, ("192.0.2.14", NEWER_FIREFOX), "").await, 200).await;
    json(enter(&app, &john, ("198.51.100.7", SAFARI), first["device"].as_str().unwrap()).await, 200).await;
    assert!(reports(&app, &john).await.is_empty(), "known devices");

    for (number, client) in [("198.51.100.8", FIREFOX), ("192.0.2.14", SAFARI)].into_iter().enumerate() {
        json(enter(&app, &john, client, "").await, 200).await;
        let reports = reports(&app, &john).await;
        assert_eq!(reports.len(), number + 1, "{client:?}");
        let name = if client.1 == FIREFOX { "Firefox on Linux" } else { "Safari on macOS" };
        let said = format!("{name}, {}, 1 January 2026, 14:12 UTC", client.0);
        for part in ["text", "html"] {
            let text = reports[0][part].as_str().unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(text.contains(&said), "{said}: {text}");
        }
    }
    let token = json(enter(&app, &john, ("192.0.2.14", SAFARI), "").await, 200).await["access_token"].clone();
    let events = app.get_as(token.as_str().unwrap(), "/User1/me/events").await.text().await.unwrap();
    assert_eq!(events.matches("\"new_device\"").count(), 2, "{events}");
}

#[tokio::test]
async fn an_ipv6_network_of_64_bits_is_one_address() {
    let app = TestApp::with(&[PROXY]).await;
    let john = Person::new("john@example.com").join(&app).await;
    json(enter(&app, &john, ("2001:db8:1:2::1", FIREFOX), "").await, 200).await;
    json(enter(&app, &john, ("2001:db8:1:2:ffff::1", FIREFOX), "").await, 200).await;
    assert!(reports(&app, &john).await.is_empty());
    json(enter(&app, &john, ("2001:db8:1:3::1", FIREFOX), "").await, 200).await;
    assert_eq!(reports(&app, &john).await.len(), 1);
}

#[tokio::test]
async fn an_ended_session_does_not_make_a_device_known_or_a_sign_in_the_first() {
    let app = TestApp::with(&[PROXY]).await;
    let john = Person::new("john@example.com").join(&app).await;
    let first = json(enter(&app, &john, ("192.0.2.14", FIREFOX), "").await, 200).await;
    json(app.get_as(first["access_token"].as_str().unwrap(), "/User1/logout").await, 200).await;
    json(enter(&app, &john, ("192.0.2.14", FIREFOX), "").await, 200).await;
    assert_eq!(reports(&app, &john).await.len(), 1);
}

#[tokio::test]
async fn what_opens_no_session_is_not_reported_and_a_setting_turns_it_off() {
    let app = TestApp::with(&[PROXY, ("NEW_DEVICE_MAIL", "off")]).await;
    let john = Person::new("john@example.com").join(&app).await;
    for ip in ["192.0.2.14", "192.0.2.15"] {
        json(enter(&app, &john, (ip, FIREFOX), "").await, 200).await;
    }
    assert!(reports(&app, &john).await.is_empty());

    let app = TestApp::with(&[PROXY]).await;
    let john = Person::new("john@example.com").join(&app).await;
    json(enter(&app, &john, ("192.0.2.14", FIREFOX), "").await, 200).await;
    let wrong = john.clone().with_password("wrong-wrong-wrong");
    problem(enter(&app, &wrong, ("192.0.2.15", FIREFOX), "").await, 401).await;
    assert!(reports(&app, &john).await.is_empty());
}

#[tokio::test]
async fn a_device_is_known_however_many_sessions_another_has() {
    let app = TestApp::with(&[PROXY]).await;
    let john = Person::new("john@example.com").join(&app).await;
    for (times, agent) in [(10, FIREFOX), (1, SAFARI), (10, FIREFOX), (1, SAFARI)] {
        for _ in 0..times {
            json(enter(&app, &john, ("192.0.2.14", agent), "").await, 200).await;
        }
    }
    assert_eq!(reports(&app, &john).await.len(), 1, "the first sign-in with Safari");
}

/// Device and address of a sign-in are sealed under the user's key, so that a queued email cannot be read after the
/// account is deleted.
#[tokio::test]
async fn a_report_that_waits_ends_with_the_account() {
    let app = TestApp::with(&[PROXY]).await;
    let john = Person::new("john@example.com").join(&app).await;
    json(enter(&app, &john, ("192.0.2.14", FIREFOX), "").await, 200).await;
    app.pump().await;
    let entered = json(enter(&app, &john, ("198.51.100.7", SAFARI), "").await, 200).await;
    let token = entered["access_token"].as_str().unwrap();
    let erased = app.request(Method::DELETE, "/User1/me").bearer_auth(token).send().await.unwrap();
    json(erased, 200).await;
    assert!(reports(&app, &john).await.is_empty());
    let last = &app.mails_to(&john.email).await[0];
    assert!(last["subject"].as_str().unwrap().contains("deleted"), "{last}");
}
