//! Failed password attempts are limited per account and per client.

use std::time::Duration;

use portcullis_core::suite::{Pending, join_all};
use reqwest::{Method, Response};

use super::{DAY, MINUTE, SECOND, enforced, from, retry_after, try_login};
use crate::support::{Person, Work, json, problem};

#[tokio::test]
async fn after_five_failed_attempts_the_delay_doubles_up_to_a_minute() {
    let app = enforced().await;
    let john = Person::new("john@example.com").join(&app).await;
    for email in [john.email.as_str(), "unknown@example.com"] {
        for n in 0..5 {
            problem(try_login(&app, n, email, "wrong-wrong-wrong").await, 401).await;
        }
        for (n, wait) in (5..).zip([1, 2, 4, 8, 16, 32, 60, 60]) {
            let refused = try_login(&app, n, email, "wrong-wrong-wrong").await;
            assert_eq!(retry_after(&refused), wait, "{email}");
            let body = problem(refused, 429).await;
            assert_eq!(
                (body["code"].as_str(), body["error"].as_str()),
                (Some("limited"), Some("temporarily_unavailable"))
            );
            app.advance(SECOND * u32::try_from(wait).unwrap() - Duration::from_millis(1));
            problem(try_login(&app, n, email, &john.password).await, 429).await;
            app.advance(Duration::from_millis(1));
            problem(try_login(&app, n, email, "wrong-wrong-wrong").await, 401).await;
        }
        // Failures are discarded after a day without another one.
        app.advance(DAY);
        for n in 0..5 {
            problem(try_login(&app, n, email, "wrong-wrong-wrong").await, 401).await;
        }
        app.advance(DAY);
    }
}

#[tokio::test]
async fn every_spelling_of_an_address_and_every_alias_of_the_route_is_one_account() {
    let app = enforced().await;
    let john = Person::new("john@example.com").join(&app).await;
    let spellings =
        ["john@example.com", " John@Example.com", "JOHN@EXAMPLE.COM", "john@EXAMPLE.com ", "john@example.com"];
    let paths = ["/User1/login", "/v1/User1/login", "/User1/token", "/v1/User1/token", "/User1/login"];
    for (n, (email, path)) in spellings.into_iter().zip(paths).enumerate() {
        let form = [("username", email), ("password", "wrong-wrong-wrong"), ("grant_type", "password")];
        let answer = from(&format!("10.1.0.{n}"), app.request(Method::POST, path).form(&form)).send().await.unwrap();
        assert!([400, 401].contains(&answer.status().as_u16()), "{} {}", path, answer.status());
    }
    problem(try_login(&app, 9, &john.email, &john.password).await, 429).await;
    // The same address in another realm is a different account.
    let elsewhere = [("username", "john@example.com"), ("password", "wrong-wrong-wrong")];
    let request = app.request(Method::POST, "/User2/login").form(&elsewhere);
    problem(from("10.1.0.9", request).send().await.unwrap(), 401).await;
}

#[tokio::test]
async fn concurrent_attempts_are_limited_like_sequential_ones() {
    let app = enforced().await;
    let john = Person::new("john@example.com").join(&app).await;
    let tries =
        (0..40).map(|n| -> Pending<'_, Response> { Box::pin(try_login(&app, n, &john.email, "wrong-wrong-wrong")) });
    let answers: Vec<u16> = join_all(tries).await.iter().map(|answer| answer.status().as_u16()).collect();
    let judged = answers.iter().filter(|status| **status == 401).count();
    assert!((1..=5).contains(&judged), "{judged} passwords were tried");
    assert!(answers.iter().all(|status| [401, 429].contains(status)), "{answers:?}");
}

#[tokio::test]
async fn right_passwords_are_not_counted() {
    let app = enforced().await;
    let john = Person::new("john@example.com").join(&app).await;
    for _ in 0..40 {
        json(try_login(&app, 1, &john.email, &john.password).await, 200).await;
    }
}

#[tokio::test]
async fn wrong_passwords_outlive_a_restart() {
    let app = enforced().await;
    let john = Person::new("john@example.com").join(&app).await;
    for n in 0..5 {
        problem(try_login(&app, n, &john.email, "wrong-wrong-wrong").await, 401).await;
    }
    let app = app.restart().await;
    problem(try_login(&app, 9, &john.email, &john.password).await, 429).await;
}

#[tokio::test]
async fn a_client_has_thirty_failed_attempts_per_minute_over_all_accounts() {
    let app = enforced().await;
    let john = Person::new("john@example.com").join(&app).await;
    for n in 0..30 {
        let answer = try_login(&app, 7, &format!("person{n}@example.com"), "wrong-wrong-wrong").await;
        let policy = answer.headers()["ratelimit-policy"].to_str().unwrap();
        assert_eq!(policy, "\"passwords\";q=30;w=60");
        let left = answer.headers()["ratelimit"].to_str().unwrap();
        assert_eq!(left, format!("\"passwords\";r={};t=60", 29 - n));
        problem(answer, 401).await;
    }
    let refused = try_login(&app, 7, &john.email, &john.password).await;
    assert_eq!(retry_after(&refused), 60);
    problem(refused, 429).await;
    json(try_login(&app, 8, &john.email, &john.password).await, 200).await;
    app.advance(MINUTE);
    json(try_login(&app, 7, &john.email, &john.password).await, 200).await;
}

#[tokio::test]
async fn beyond_its_limit_nothing_of_an_account_is_looked_at_for_a_client() {
    let app = enforced().await;
    let john = Person::new("john@example.com").join(&app).await;
    for n in 0..30 {
        let form = [("username", &*format!("person{n}@example.com")), ("password", "wrong-wrong-wrong")];
        let request = app.request(Method::POST, "/User1/login").form(&form);
        problem(from("192.0.2.1", request).send().await.unwrap(), 401).await;
    }
    app.watched.take();
    // The first rejection is recorded in the audit trail, and its repetitions are counted.
    for (email, commits) in [(&*john.email, vec![1]), ("unknown@example.com", vec![]), (&john.email, vec![])] {
        let form = [("username", email), ("password", &*john.password)];
        let request = app.request(Method::POST, "/User1/login").form(&form);
        problem(from("192.0.2.1", request).send().await.unwrap(), 429).await;
        assert_eq!(app.watched.take(), Work { commits, ..Work::default() });
    }
}

#[tokio::test]
async fn right_passwords_of_addresses_that_are_not_proved_count_for_the_client() {
    let app = enforced().await;
    let john = Person::new("john@example.com").register(&app).await;
    for _ in 0..30 {
        problem(try_login(&app, 1, &john.email, &john.password).await, 403).await;
    }
    problem(try_login(&app, 1, &john.email, &john.password).await, 429).await;
    problem(try_login(&app, 2, &john.email, &john.password).await, 403).await;
}
