//! Bodies, heads and queries that are too long, too deep or too slow are rejected.

use std::{io::Read, time::Instant};

use reqwest::Method;

use super::{SOON, connect};
use crate::support::{
    TestApp, json, problem,
    process::{CHEAP, Program},
};

#[tokio::test]
async fn json_of_any_depth_is_rejected_without_a_crash() {
    let app = TestApp::start().await;
    for open in ["[", "{\"email\":", "{\"email\":["] {
        let body = open.repeat(60_000 / open.len());
        let request = app.request(Method::POST, "/User1/create").header("Content-Type", "application/json").body(body);
        problem(request.send().await.unwrap(), 400).await;
    }
    json(app.get("/livez").await, 200).await;
}

#[tokio::test]
async fn a_json_nested_two_hundred_deep_is_rejected_though_it_is_whole() {
    let app = TestApp::start().await;
    let nested = format!("{{\"email\":{}1{}}}", "[".repeat(200), "]".repeat(200));
    let request = app.request(Method::POST, "/User1/create").header("Content-Type", "application/json").body(nested);
    assert_eq!(problem(request.send().await.unwrap(), 400).await["code"], "body.unreadable");
    let shallow = format!("{{\"email\":{}1{}}}", "[".repeat(126), "]".repeat(126));
    let request = app.request(Method::POST, "/User1/create").header("Content-Type", "application/json").body(shallow);
    problem(request.send().await.unwrap(), 422).await;
}

/// Returns short fields up to this total length, as a form or a query.
fn many_fields(length: usize) -> String {
    let mut form = String::with_capacity(length + 8);
    for number in 0.. {
        form.push_str(&format!("{number:x}&"));
        if form.len() >= length {
            break;
        }
    }
    form
}

#[tokio::test]
async fn too_many_fields_are_rejected_at_once() {
    let app = TestApp::start().await;
    let login = |body: String| {
        let request = app.request(Method::POST, "/User1/login");
        request.header("Content-Type", "application/x-www-form-urlencoded").body(body).send()
    };
    let begun = Instant::now();
    assert_eq!(problem(login(many_fields(65_000)).await.unwrap(), 400).await["code"], "body.unreadable");
    let object = (0..1001).map(|number| format!("\"{number}\":1")).collect::<Vec<_>>().join(",");
    let json_type = app.request(Method::POST, "/User1/create").header("Content-Type", "application/json");
    let answer = json_type.body(format!("{{{object}}}")).send().await.unwrap();
    assert_eq!(problem(answer, 400).await["code"], "body.unreadable");
    // The maximum number of fields, and the same number of separators without any field.
    let thousand = (0..1000).map(|number| format!("f{number}=1")).collect::<Vec<_>>().join("&");
    for body in [thousand, "&".repeat(65_536), "%".repeat(65_536)] {
        problem(login(body).await.unwrap(), 422).await;
    }
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
}

/// Returns the status line of the response to a raw request, and the rest.
fn raw(program: &Program, request: &str) -> (String, String) {
    let mut stream = connect(program, request);
    stream.set_read_timeout(Some(SOON)).unwrap();
    let mut answer = Vec::new();
    // If the request is rejected while the client sends, the connection may be reset after the response.
    let _ = stream.read_to_end(&mut answer);
    let text = String::from_utf8_lossy(&answer).into_owned();
    let (line, rest) = text.split_once("\r\n").unwrap_or((&text, ""));
    (line.to_owned(), rest.to_owned())
}

#[tokio::test]
async fn a_head_that_is_too_long_gets_an_error_response() {
    let program = Program::start(CHEAP).await;
    let get = |path: &str, headers: &str| {
        raw(&program, &format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{headers}\r\n")).0
    };
    let lines = |many: usize| (0..many).map(|number| format!("X-{number}: y\r\n")).collect::<String>();
    assert_eq!(get("/livez", &lines(60)), "HTTP/1.1 200 OK");
    assert_eq!(get("/livez", &lines(70)), "HTTP/1.1 431 Request Header Fields Too Large");
    let long = |bytes: usize| format!("X-Long: {}\r\n", "y".repeat(bytes));
    assert_eq!(get("/livez", &long(20_000)), "HTTP/1.1 200 OK");
    assert_eq!(get("/livez", &long(60_000)), "HTTP/1.1 431 Request Header Fields Too Large");
    // The query is part of the head.
    let query = |bytes: usize| format!("/User1/verify?{}", many_fields(bytes));
    assert_eq!(get(&query(20_000), ""), "HTTP/1.1 400 Bad Request");
    assert_eq!(get(&query(60_000), ""), "HTTP/1.1 431 Request Header Fields Too Large");
}

#[tokio::test]
async fn time_and_size_of_a_body_are_limited_with_and_without_content_length() {
    let settings = [CHEAP, &[("BODY_TIMEOUT", "1s"), ("BODY_LIMIT_BYTES", "2000")]].concat();
    let program = Program::start(&settings).await;
    let post = |headers: &str, body: &str| {
        let head = "POST /User1/login HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded\r\n";
        raw(&program, &format!("{head}{headers}\r\n{body}"))
    };
    for slow in ["Content-Length: 100\r\n", "Transfer-Encoding: chunked\r\n"] {
        let begun = Instant::now();
        let (line, rest) = post(slow, "");
        assert_eq!(line, "HTTP/1.1 408 Request Timeout");
        assert!(rest.contains("application/problem+json"), "{rest}");
        assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
    }
    let long = "y".repeat(2001);
    let chunked = format!("7d1\r\n{long}\r\n0\r\n\r\n");
    for (headers, body) in [("Content-Length: 2001\r\n", long.as_str()), ("Transfer-Encoding: chunked\r\n", &chunked)] {
        let (line, rest) = post(headers, body);
        assert_eq!(line, "HTTP/1.1 413 Payload Too Large");
        assert!(rest.contains("application/problem+json"), "{rest}");
    }
    // Requests with both headers are used to smuggle requests past a proxy.
    let (line, _) = post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n");
    assert!(line.starts_with("HTTP/1.1 4"), "{line}");
}
