//! When the server closes a connection, and when it does not.

use std::time::{Duration, Instant};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::timeout,
};

use super::{PATIENCE, answer, connect, rest};
use crate::support::{Person, TestApp};

const LIVEZ: &[u8] = b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n";

/// Some clients and relays (`nc -N`, `socat`, layer 4 load balancers) shut down their sending side after the request.
#[tokio::test]
async fn a_client_that_closes_its_side_after_the_request_gets_its_answer() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let body = format!("username={}&password={}", john.email, john.password);
    let kind = "Content-Type: application/x-www-form-urlencoded";
    let login =
        format!("POST /User1/login HTTP/1.1\r\nHost: x\r\n{kind}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    for _ in 0..40 {
        let mut stream = connect(&app).await;
        stream.write_all(login.as_bytes()).await.unwrap();
        stream.shutdown().await.unwrap();
        let answer = rest(&mut stream).await;
        assert_eq!(answer.status(), 200, "{answer:?}");
    }
}

#[tokio::test]
async fn a_client_that_closes_its_side_during_a_request_is_disconnected() {
    let app = TestApp::start().await;
    for half in ["GET /livez HTTP/1.1\r\nHo", "POST /User1/login HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nuser"]
    {
        let mut stream = connect(&app).await;
        stream.write_all(half.as_bytes()).await.unwrap();
        stream.shutdown().await.unwrap();
        let answer = rest(&mut stream).await;
        assert!([0, 400, 415].contains(&answer.status()), "{answer:?}");
    }
}

#[tokio::test]
async fn an_idle_connection_outlives_the_time_for_a_head() {
    let app = TestApp::with(&[("HEADER_TIMEOUT", "1s"), ("KEEP_ALIVE_TIMEOUT", "4s")]).await;
    let mut stream = connect(&app).await;
    stream.write_all(LIVEZ).await.unwrap();
    assert_eq!(answer(&mut stream).await.status(), 200);
    tokio::time::sleep(Duration::from_millis(2500)).await;
    stream.write_all(LIVEZ).await.unwrap();
    assert_eq!(answer(&mut stream).await.status(), 200);
    let begun = Instant::now();
    assert_eq!(rest(&mut stream).await.0, "");
    assert!(begun.elapsed() > Duration::from_secs(3), "closed after {:?}", begun.elapsed());
}

#[tokio::test]
async fn a_slow_head_ends_after_its_time_also_on_a_kept_connection() {
    let app = TestApp::with(&[("HEADER_TIMEOUT", "1s"), ("KEEP_ALIVE_TIMEOUT", "1h")]).await;
    let mut streams = Vec::new();
    for requests_before in [0, 1, 2] {
        let mut stream = connect(&app).await;
        for _ in 0..requests_before {
            stream.write_all(LIVEZ).await.unwrap();
            assert_eq!(answer(&mut stream).await.status(), 200);
        }
        streams.push(stream);
    }
    let begun = Instant::now();
    // Further bytes do not restart the timeout.
    for byte in b"GET /livez HTTP/1.1\r\nX-Slow: ".iter().chain(b"y".iter().cycle()) {
        tokio::time::sleep(Duration::from_millis(50)).await;
        let mut open = Vec::new();
        for mut stream in streams {
            if stream.write_all(&[*byte]).await.is_ok() {
                open.push(stream);
            }
        }
        streams = open;
        if streams.is_empty() {
            break;
        }
        assert!(begun.elapsed() < PATIENCE, "a slow head is read for ever");
    }
    assert!(begun.elapsed() > Duration::from_millis(900), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_new_connection_without_a_request_ends_after_the_time_for_a_head() {
    let app = TestApp::with(&[("HEADER_TIMEOUT", "1s"), ("KEEP_ALIVE_TIMEOUT", "1h")]).await;
    assert_eq!(rest(&mut connect(&app).await).await.0, "");
}

#[tokio::test]
async fn a_slow_response_is_not_affected_by_the_idle_timeout() {
    let app = TestApp::with(&[("HEADER_TIMEOUT", "1s"), ("KEEP_ALIVE_TIMEOUT", "1s")]).await;
    let mut stream = connect(&app).await;
    stream.write_all(b"GET /dev/mailbox/events HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    let mut bytes = Vec::new();
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_millis(2500) {
        let left = Duration::from_millis(2500).saturating_sub(begun.elapsed());
        if let Ok(read) = timeout(left, stream.read_buf(&mut bytes)).await {
            assert!(read.unwrap() > 0, "the stream ended after {:?}", begun.elapsed());
        }
    }
    assert!(bytes.starts_with(b"HTTP/1.1 200"));
}

#[test]
fn idle_connections_are_kept_for_75_seconds_unless_it_is_set() {
    let settings = portcullis::config::settings_markdown();
    let row = settings.lines().find(|line| line.contains("KEEP_ALIVE_TIMEOUT")).unwrap();
    assert!(row.contains("`75s`"), "{row}");
}
