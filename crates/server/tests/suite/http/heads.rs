//! Invalid request heads, and headers of other applications.

use reqwest::{
    Method,
    header::{COOKIE, HeaderValue, SET_COOKIE},
};

use super::send;
use crate::support::{Person, TestApp, json, problem};

#[tokio::test]
async fn a_head_that_cannot_be_read_is_rejected_like_everything_else() {
    let app = TestApp::start().await;
    let many = (0..100).map(|number| format!("X-{number}: y\r\n")).collect::<String>();
    for malformed in [
        "GET\r\n\r\n".to_owned(),
        "GET /livez HTTP/1.1\r\nHost x\r\n\r\n".to_owned(),
        "GET /li vez HTTP/1.1\r\nHost: x\r\n\r\n".to_owned(),
        "GET /livez HTTP/1.1\r\nHost: x\r\nContent-Length: one\r\n\r\n".to_owned(),
        "POST /User1/login HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n".to_owned(),
        "GET /livez HTTP/9.9\r\nHost: x\r\n\r\n".to_owned(),
    ] {
        send(&app, malformed.as_bytes()).await.problem(400, "request.malformed");
    }
    for large in [many, format!("X: {}\r\n", "y".repeat(60_000))] {
        let request = format!("GET /livez HTTP/1.1\r\nHost: x\r\n{large}\r\n");
        send(&app, request.as_bytes()).await.problem(431, "request.head_too_large");
    }
}

#[tokio::test]
async fn a_malformed_request_behind_a_good_one_on_the_same_connection_is_rejected_too() {
    let app = TestApp::start().await;
    let answer = send(&app, b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\nGET\r\n\r\n").await;
    let (first, second) = answer.0.split_once("HTTP/1.1 400").unwrap();
    assert!(first.starts_with("HTTP/1.1 200"), "{first}");
    super::Answer(format!("HTTP/1.1 400{second}")).problem(400, "request.malformed");
}

#[tokio::test]
async fn a_request_has_one_host_unless_it_is_of_http_1_0() {
    let app = TestApp::start().await;
    let get = |version: &str, hosts: &str| format!("GET /livez HTTP/{version}\r\n{hosts}Connection: close\r\n\r\n");
    for (version, hosts) in [
        ("1.1", ""),
        ("1.1", "Host: a\r\nHost: b\r\n"),
        ("1.1", "Host: a\r\nHost: a\r\n"),
        ("1.0", "Host: a\r\nHost: a\r\n"),
        ("1.1", "Host: a/b\r\n"),
        ("1.1", "Host: user@a\r\n"),
        ("1.1", "Host: a, b\r\n"),
    ] {
        send(&app, get(version, hosts).as_bytes()).await.problem(400, "request.host");
    }
    for (version, hosts) in [
        ("1.1", "Host: a\r\n"),
        ("1.1", "Host: a.example:8000\r\n"),
        ("1.1", "Host: [::1]:8000\r\n"),
        ("1.1", "Host:\r\n"),
        ("1.0", ""),
    ] {
        assert_eq!(send(&app, get(version, hosts).as_bytes()).await.status(), 200, "{version} {hosts}");
    }
}

/// Other applications on the same host may set cookies in any encoding.
#[tokio::test]
async fn cookies_of_other_applications_do_not_hide_the_device() {
    let app = TestApp::with(&[("RATE_LIMIT_MODE", "enforce")]).await;
    let john = Person::new("john@example.com").join(&app).await;
    let answer = app.login("User1", &john.email, &john.password).await;
    let cookie = answer.headers()[SET_COOKIE].to_str().unwrap().split(';').next().unwrap().to_owned();
    for _ in 0..6 {
        app.login("User1", &john.email, "a wrong password").await;
    }
    problem(app.login("User1", &john.email, &john.password).await, 429).await;
    let form = [("username", &john.email), ("password", &john.password)];
    let log_in = async |cookies: Vec<u8>| {
        let request = app.request(Method::POST, "/User1/login").form(&form);
        request.header(COOKIE, HeaderValue::from_bytes(&cookies).unwrap()).send().await.unwrap()
    };
    for other in [&b"lang=fran\xE7ais"[..], "lang=français".as_bytes(), b"=", b"a;b"] {
        json(log_in([other, b"; ", cookie.as_bytes()].concat()).await, 200).await;
        json(log_in([cookie.as_bytes(), b"; ", other].concat()).await, 200).await;
    }
}

#[tokio::test]
async fn a_header_with_other_bytes_than_ascii_hides_nothing_else() {
    let app = TestApp::start().await;
    let bytes = |value: &[u8]| HeaderValue::from_bytes(value).unwrap();
    let page = app.request(Method::GET, "/User1/verify?token=x");
    let page = page.header("Accept", bytes(b"application/json, text/fran\xE7ais")).send().await.unwrap();
    problem(page, 400).await;
    let typed = app.request(Method::POST, "/User1/create").body("{}");
    let typed = typed.header("Content-Type", bytes(b"application/json; name=fran\xE7ais")).send().await.unwrap();
    problem(typed, 422).await;
}
