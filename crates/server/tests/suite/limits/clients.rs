//! A client is identified by its network address, or behind trusted proxies by their header.

use reqwest::Method;

use super::{enforced, from, try_login};
use crate::support::{TestApp, problem};

#[tokio::test]
async fn the_client_address_comes_from_trusted_proxies_and_never_from_the_client() {
    let app = TestApp::with(&[("RATE_LIMIT_MODE", "enforce"), ("TRUSTED_PROXIES", "127.0.0.1,10.0.0.0/8")]).await;
    let guess = async |number: u32, forwarded: &str| {
        let form = [("username", format!("p{number}@example.com")), ("password", "wrong-wrong-wrong".to_owned())];
        from(forwarded, app.request(Method::POST, "/User1/login").form(&form)).send().await.unwrap().status().as_u16()
    };
    // Entries to the left of the last untrusted hop are forged by the client.
    for number in 0..30 {
        let forwarded = format!("198.51.100.{number}, 203.0.113.9, 10.1.2.3");
        assert_eq!(guess(number, &forwarded).await, 401);
    }
    assert_eq!(guess(30, "203.0.113.9").await, 429);
    assert_eq!(guess(31, "203.0.113.9:4711, 10.1.2.3").await, 429);
    assert_eq!(guess(32, "203.0.113.10").await, 401);
    // An IPv6 client is identified by its network.
    for number in 0..30 {
        assert_eq!(guess(40 + number, &format!("2001:db8::{number:x}")).await, 401);
    }
    assert_eq!(guess(80, "2001:db8::ffff:1").await, 429);
    assert_eq!(guess(81, "2001:db8:0:1::1").await, 401);
}

#[tokio::test]
async fn without_trusted_proxies_no_forwarded_address_is_believed() {
    let app = TestApp::with(&[("RATE_LIMIT_MODE", "enforce")]).await;
    for number in 0..30 {
        let email = format!("p{number}@example.com");
        problem(try_login(&app, number, &email, "wrong-wrong-wrong").await, 401).await;
    }
    problem(try_login(&app, 99, "p99@example.com", "wrong-wrong-wrong").await, 429).await;
}

#[tokio::test]
async fn what_a_client_writes_that_is_no_text_does_not_hide_it() {
    let app = enforced().await;
    for (number, forwarded) in (0..30)
        .zip([&b"\xff, 203.0.113.9"[..], b"203.0.113.9,", b" , 203.0.113.9", b"\xff,,203.0.113.9, "].iter().cycle())
    {
        let form = [("username", format!("p{number}@example.com")), ("password", "wrong-wrong-wrong".to_owned())];
        let request = app.request(Method::POST, "/User1/login").form(&form);
        let forwarded = reqwest::header::HeaderValue::from_bytes(forwarded).unwrap();
        problem(request.header("X-Forwarded-For", forwarded).send().await.unwrap(), 401).await;
    }
    let form = [("username", "p99@example.com"), ("password", "wrong-wrong-wrong")];
    let request = app.request(Method::POST, "/User1/login").form(&form);
    problem(from("203.0.113.9", request).send().await.unwrap(), 429).await;
}
