//! Row R52: requests under load.

use portcullis_core::suite::{Pending, join_all};
use reqwest::{Method, Response, StatusCode};
use serde_json::Value;

use super::log_in_from;
use crate::{
    limits::{ENFORCED, retry_after},
    support::{Person, TestApp, json, problem},
};

/// Registration also computes a hash.
#[tokio::test]
async fn r52_a_flood_of_registrations_holds_up_neither_reads_nor_refreshes_and_leaves_nothing_half_done() {
    let costly = [
        ("HASH_THREADS", "1"),
        ("HASH_QUEUE", "4"),
        ("HASH_DEADLINE", "60s"),
        ("ARGON2_MEMORY_KIB", "16384"),
        ("ARGON2_ITERATIONS", "2"),
    ];
    let app = TestApp::with(&costly).await;
    let john = Person::new("john@example.com").join(&app).await;
    let entered = json(app.login("User1", &john.email, &john.password).await, 200).await;
    let text = |answer: &Value, member: &str| answer[member].as_str().unwrap().to_owned();
    let (token, mut refresh) = (text(&entered, "access_token"), text(&entered, "refresh_token"));
    let creates = (0..20).map(|number| -> Pending<'_, (usize, Response)> {
        let person = Person::new(&format!("person{number}@example.com"));
        let request = app.request(Method::POST, "/User1/create").json(&person.form());
        Box::pin(async move { (number, request.send().await.unwrap()) })
    });
    let others = async {
        for _ in 0..10 {
            json(app.get_as(&token, "/User1/me").await, 200).await;
            let form = [("grant_type", "refresh_token"), ("refresh_token", &*refresh)];
            refresh = text(&json(app.post_form("/User1/token", &form).await, 200).await, "refresh_token");
        }
    };
    let (answers, ()) = tokio::join!(join_all(creates), others);
    let mut turned_away = 0;
    for (number, answer) in answers {
        let email = format!("person{number}@example.com");
        if answer.status() == 200 {
            assert_eq!(app.mails_to(&email).await.len(), 1);
        } else {
            assert!(retry_after(&answer) > 0);
            assert_eq!(problem(answer, 503).await["code"], "overloaded");
            assert!(app.mails_to(&email).await.is_empty());
            turned_away += 1;
        }
    }
    assert!(turned_away > 0, "no request of the flood was rejected");
    // Rejected requests can be repeated.
    Person::new("person19@example.com").join(&app).await;
}

/// A password that was not checked is not counted as a guess.
#[tokio::test]
async fn r52_logins_that_were_turned_away_count_neither_for_the_account_nor_for_the_client() {
    let costly = [
        ("HASH_THREADS", "1"),
        ("HASH_QUEUE", "2"),
        ("HASH_DEADLINE", "60s"),
        ("ARGON2_MEMORY_KIB", "8192"),
        ("ARGON2_ITERATIONS", "2"),
        ("LIMIT_PASSWORDS_ACCOUNT", "30/24h"),
    ];
    let app = TestApp::with(&[ENFORCED, &costly].concat()).await;
    let john = Person::new("john@example.com").join(&app).await;
    // More than the limit, if they were counted.
    let (mut turned_away, mut entered) = (0, 0);
    while turned_away <= 30 {
        let logins = (0..20).map(|_| -> Pending<'_, Response> {
            Box::pin(log_in_from(&app, "192.0.2.1", &john.email, &john.password))
        });
        for answer in join_all(logins).await {
            match answer.status() {
                StatusCode::OK => entered += 1,
                _ => {
                    assert_eq!(problem(answer, 503).await["code"], "overloaded");
                    turned_away += 1;
                }
            }
        }
    }
    assert!(entered > 0, "every login was rejected");
    json(log_in_from(&app, "192.0.2.1", &john.email, &john.password).await, 200).await;
}
