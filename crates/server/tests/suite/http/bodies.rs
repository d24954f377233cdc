//! Bodies that are too large, too slow or compressed.

use tokio::io::AsyncWriteExt;

use super::{answer, connect, rest, send};
use crate::support::TestApp;

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

fn head(path: &str, kind: &str, more: &str) -> String {
    format!("POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: {kind}\r\n{more}\r\n")
}

/// Routes that read a body, each with a content type that it accepts.
const ROUTES: [(&str, &str); 7] = [
    ("/User1/create", JSON),
    ("/User1/login", FORM),
    ("/User1/otp_phone", JSON),
    ("/User1/verify_otp_phone", JSON),
    ("/User1/forget_password", FORM),
    ("/User1/reset_password?token=x", FORM),
    ("/User1/verify/resend", JSON),
];

#[tokio::test]
async fn a_length_beyond_the_limit_is_rejected_before_the_body_is_sent() {
    let app = TestApp::with(&[("BODY_LIMIT_BYTES", "2000")]).await;
    for (path, kind) in ROUTES {
        for more in ["Content-Length: 2001\r\n", "Content-Length: 999999999999\r\nExpect: 100-continue\r\n"] {
            let mut stream = connect(&app).await;
            stream.write_all(head(path, kind, more).as_bytes()).await.unwrap();
            answer(&mut stream).await.problem(413, "body.too_large");
        }
    }
    let mut stream = connect(&app).await;
    stream.write_all(head("/User1/token", FORM, "Content-Length: 2001\r\n").as_bytes()).await.unwrap();
    let refused = answer(&mut stream).await;
    assert_eq!((refused.status(), &refused.json()["error"]), (413, &"invalid_request".into()));
}

#[tokio::test]
async fn a_client_that_expects_100_continue_gets_it() {
    let app = TestApp::start().await;
    let mut stream = connect(&app).await;
    let more = "Content-Length: 2\r\nExpect: 100-continue\r\nConnection: close\r\n";
    stream.write_all(head("/User1/create", JSON, more).as_bytes()).await.unwrap();
    let mut line = [0; 25];
    tokio::io::AsyncReadExt::read_exact(&mut stream, &mut line).await.unwrap();
    assert_eq!(&line, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(b"{}").await.unwrap();
    rest(&mut stream).await.problem(422, "request.invalid");
}

/// A socket that is closed with unread bytes is reset, and the client may never see the response.
#[tokio::test]
async fn a_client_that_sends_the_whole_body_before_it_reads_sees_why_it_was_rejected() {
    let app = TestApp::start().await;
    let body = vec![b'x'; 4_000_000];
    for (path, kind, status, code) in [
        ("/User1/create", JSON, 413, "body.too_large"),
        ("/User1/create", "text/plain", 415, "body.wrong_type"),
        ("/User1/nothing", JSON, 404, "not_found"),
        ("/User1/logout", JSON, 401, "token.missing"),
        ("/User1/me", JSON, 405, "method.not_allowed"),
    ] {
        let mut request = head(path, kind, "Content-Length: 4000000\r\n").into_bytes();
        request.extend_from_slice(&body);
        send(&app, &request).await.problem(status, code);
    }
}

#[tokio::test]
async fn a_body_that_does_not_arrive_in_time_is_408() {
    let app = TestApp::with(&[("BODY_TIMEOUT", "1s")]).await;
    let mut waiting = Vec::new();
    for (path, kind) in ROUTES.into_iter().chain([("/User1/token", FORM)]) {
        for more in ["Content-Length: 9\r\n", "Transfer-Encoding: chunked\r\n"] {
            let mut stream = connect(&app).await;
            stream.write_all(head(path, kind, more).as_bytes()).await.unwrap();
            waiting.push((path, stream));
        }
    }
    for (path, mut stream) in waiting {
        let refused = rest(&mut stream).await;
        if path == "/User1/token" {
            assert_eq!((refused.status(), &refused.json()["error"]), (408, &"invalid_request".into()));
        } else {
            refused.problem(408, "body.timeout");
        }
    }
}

#[tokio::test]
async fn a_compressed_body_is_415_and_an_identical_one_is_read() {
    let app = TestApp::start().await;
    for (path, kind) in ROUTES {
        for encoding in ["gzip", "deflate", "br", "zstd", "x-unknown", "identity, gzip"] {
            let more = format!("Content-Encoding: {encoding}\r\nContent-Length: 9\r\n");
            let request = format!("{}\x1f\u{b}23456789", head(path, kind, &more));
            send(&app, request.as_bytes()).await.problem(415, "body.wrong_encoding");
        }
    }
    let more = "Content-Encoding: identity\r\nContent-Length: 2\r\nConnection: close\r\n";
    send(&app, format!("{}{{}}", head("/User1/create", JSON, more)).as_bytes()).await.problem(422, "request.invalid");
    let more = "Content-Encoding: gzip\r\nContent-Length: 2\r\nConnection: close\r\n";
    let refused = send(&app, format!("{}{{}}", head("/User1/token", FORM, more)).as_bytes()).await;
    assert_eq!((refused.status(), &refused.json()["error"]), (400, &"invalid_request".into()));
}
