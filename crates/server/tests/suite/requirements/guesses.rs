//! Rows R11, R13 and R89: password guesses.

use reqwest::{Method, StatusCode};

use super::{MINUTE, SECOND, log_in_from};
use crate::{
    limits::{ENFORCED, from, retry_after},
    support::{Person, TestApp, json, problem},
};

/// A list of stolen addresses and passwords, of which one in ten is valid.
#[tokio::test]
async fn r11_a_list_of_stolen_passwords_comes_to_an_end_also_with_right_ones_in_it() {
    let app = TestApp::with(&[ENFORCED, &[("LIMIT_MAILS_CLIENT", "100/1h")]].concat()).await;
    let mut entered = 0;
    for number in 0..100 {
        let person = Person::new(&format!("person{number}@example.com"));
        if number % 10 == 0 {
            person.clone().join(&app).await;
        }
        match log_in_from(&app, "192.0.2.1", &person.email, &person.password).await.status() {
            StatusCode::OK => entered += 1,
            status => assert_eq!(status, if number <= 33 { 401 } else { 429 }, "{number}"),
        }
    }
    // Attempts 0, 10, 20 and 30: correct passwords do not reset the count of failed attempts.
    assert_eq!(entered, 4);
}

#[tokio::test]
async fn r11_logins_to_an_own_account_between_guesses_allow_no_more_of_them() {
    let app = TestApp::with(ENFORCED).await;
    let john = Person::new("john@example.com").join(&app).await;
    let mallory = Person::new("mallory@example.com").join(&app).await;
    for number in 0..5 {
        let client = format!("10.0.0.{number}");
        problem(log_in_from(&app, &client, &john.email, "wrong-wrong-wrong").await, 401).await;
        json(log_in_from(&app, &client, &mallory.email, &mallory.password).await, 200).await;
    }
    problem(log_in_from(&app, "10.0.1.1", &john.email, "wrong-wrong-wrong").await, 429).await;
    // This also applies to the client's limit.
    for number in 0..30 {
        let email = format!("person{number}@example.com");
        problem(log_in_from(&app, "192.0.2.1", &email, "wrong-wrong-wrong").await, 401).await;
        if number < 29 {
            json(log_in_from(&app, "192.0.2.1", &mallory.email, &mallory.password).await, 200).await;
        }
    }
    problem(log_in_from(&app, "192.0.2.1", "person99@example.com", "wrong-wrong-wrong").await, 429).await;
}

#[tokio::test]
async fn r11_a_right_password_gives_an_account_that_is_guessed_at_no_more_guesses() {
    let app = TestApp::with(ENFORCED).await;
    let john = Person::new("john@example.com").join(&app).await;
    for number in 0..4 {
        problem(log_in_from(&app, &format!("10.0.0.{number}"), &john.email, "wrong-wrong-wrong").await, 401).await;
    }
    json(log_in_from(&app, "192.0.2.1", &john.email, &john.password).await, 200).await;
    problem(log_in_from(&app, "10.0.0.5", &john.email, "wrong-wrong-wrong").await, 401).await;
    problem(log_in_from(&app, "10.0.0.6", &john.email, "wrong-wrong-wrong").await, 429).await;
}

#[tokio::test]
async fn r13_a_wait_applies_to_every_route_that_checks_the_password() {
    let app = TestApp::with(ENFORCED).await;
    let john = Person::new("john@example.com").join(&app).await;
    for number in 0..5 {
        problem(log_in_from(&app, &format!("10.0.0.{number}"), &john.email, "wrong-wrong-wrong").await, 401).await;
    }
    let form = [
        ("grant_type", "password"),
        ("username", &*john.email),
        ("password", &*john.password),
        ("scope", ""),
        ("client_id", "x"),
    ];
    let doors = ["/User1/login", "/v1/User1/login", "/User1/token", "/v1/User1/token"];
    for (number, path) in doors.into_iter().enumerate() {
        let request = app.request(Method::POST, path).form(&form);
        let refused = from(&format!("10.0.1.{number}"), request).send().await.unwrap();
        assert_eq!((refused.status().as_u16(), retry_after(&refused)), (429, 1), "{path}");
    }
    app.advance(SECOND);
    for path in doors {
        json(app.request(Method::POST, path).form(&form).send().await.unwrap(), 200).await;
    }
}

/// No number of failed attempts locks an account permanently. The waits satisfy the limit required by the standard.
#[tokio::test]
async fn r89_the_hundred_and_first_failed_attempt_is_not_checked_before_a_minute_has_passed() {
    let mut app = TestApp::with(ENFORCED).await;
    let john = Person::new("john@example.com").join(&app).await;
    let mut judged = 0;
    for number in 0.. {
        if judged == 100 {
            break;
        }
        let client = format!("10.0.{}.{}", number / 250, number % 250);
        let answer = log_in_from(&app, &client, &john.email, "wrong-wrong-wrong").await;
        if answer.status() == 401 {
            judged += 1;
        } else {
            app.advance(SECOND * u32::try_from(retry_after(&answer)).unwrap());
        }
        if number == 50 {
            app = app.restart().await;
        }
    }
    let refused = log_in_from(&app, "192.0.2.1", &john.email, &john.password).await;
    assert_eq!(retry_after(&refused), 60);
    problem(refused, 429).await;
    app.advance(MINUTE - SECOND);
    problem(log_in_from(&app, "192.0.2.2", &john.email, &john.password).await, 429).await;
    app.advance(SECOND);
    json(log_in_from(&app, "192.0.2.3", &john.email, &john.password).await, 200).await;
}
