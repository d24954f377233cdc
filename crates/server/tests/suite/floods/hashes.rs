//! The password hash queue is limited per client and per site.

use std::time::{Duration, Instant};

use reqwest::{Method, Response};
use tokio::task::JoinHandle;

use crate::support::{TestApp, problem};

/// Starts a server behind a proxy, with a short queue for slow hashes.
async fn with_slow_hashes() -> TestApp {
    TestApp::with(&[
        ("RATE_LIMIT_MODE", "enforce"),
        ("TRUSTED_PROXIES", "127.0.0.1"),
        ("LIMIT_PASSWORDS_CLIENT", "1000/1m"),
        // Less than the share of an IPv6 site.
        ("HASH_QUEUE", "12"),
        ("HASH_QUEUE_CLIENT", "4"),
        ("HASH_THREADS", "1"),
        ("HASH_DEADLINE", "60s"),
        ("ARGON2_MEMORY_KIB", "16384"),
        ("ARGON2_ITERATIONS", "4"),
    ])
    .await
}

/// Sends a wrong password from this client, for an account that depends on `number`.
fn guess(app: &TestApp, client: &str, number: usize) -> JoinHandle<reqwest::Result<Response>> {
    let email = format!("person{number}@example.com");
    let form = [("username", email.as_str()), ("password", "wrong-wrong-wrong")];
    let request = app.request(Method::POST, "/User1/login").header("X-Forwarded-For", client).form(&form);
    tokio::spawn(request.send())
}

/// Otherwise the response time could reveal whether the account exists, and reads would cost the attacker nothing.
#[tokio::test]
async fn a_login_rejected_by_the_queue_reads_nothing() {
    let app = with_slow_hashes().await;
    let (begun, mut hashes) = (Instant::now(), 0);
    let all: Vec<_> = (0..4).map(|number| guess(&app, "192.0.2.1", number)).collect();
    while hashes < 4 {
        assert!(begun.elapsed() < Duration::from_secs(10), "only {hashes} hashed");
        tokio::time::sleep(Duration::from_millis(1)).await;
        hashes += app.watched.take().hashes;
    }
    problem(guess(&app, "192.0.2.1", 4).await.unwrap().unwrap(), 503).await;
    assert_eq!(app.watched.take().reads, 0);
    for one in all {
        problem(one.await.unwrap().unwrap(), 401).await;
    }
}

/// A site has many networks that are each as large as a client's.
#[tokio::test]
async fn a_site_of_ipv6_that_floods_the_hashes_delays_only_itself() {
    let app = with_slow_hashes().await;
    let flood: Vec<_> = (0..100).map(|number| guess(&app, &format!("2001:db8:1:{number:x}::1"), number)).collect();
    let others: Vec<_> = (100..110).map(|number| guess(&app, &format!("192.0.2.{number}"), number)).collect();
    for other in others {
        problem(other.await.unwrap().unwrap(), 401).await;
    }
    let mut turned_away = 0;
    for answer in flood {
        turned_away += usize::from(answer.await.unwrap().unwrap().status() == 503);
    }
    assert!(turned_away > 0, "no request of the flood was rejected");
}

#[tokio::test]
async fn a_client_that_floods_the_hashes_delays_only_itself() {
    let app = with_slow_hashes().await;
    let flood: Vec<_> = (0..60).map(|number| guess(&app, "192.0.2.1", number)).collect();
    let mut turned_away = 0;
    let other = guess(&app, "192.0.2.2", 99).await.unwrap().unwrap();
    problem(other, 401).await;
    for answer in flood {
        let answer = answer.await.unwrap().unwrap();
        match answer.status().as_u16() {
            503 => {
                assert!(answer.headers().contains_key("retry-after"));
                assert_eq!(problem(answer, 503).await["code"], "overloaded");
                turned_away += 1;
            }
            _ => drop(problem(answer, 401).await),
        }
    }
    assert!(turned_away > 0, "no request of the flood was rejected");
}
