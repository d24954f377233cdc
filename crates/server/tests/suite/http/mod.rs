//! Connections, heads, paths and bodies, as any HTTP client may send them.

mod bodies;
mod connections;
mod formats;
mod heads;
mod paths;

use std::time::Duration;

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::support::TestApp;

/// Maximum response time on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

async fn connect(app: &TestApp) -> TcpStream {
    TcpStream::connect(app.base.strip_prefix("http://").unwrap()).await.unwrap()
}

/// Sends raw bytes, and returns everything received until the server closes the connection.
async fn send(app: &TestApp, bytes: &[u8]) -> Answer {
    let mut stream = connect(app).await;
    stream.write_all(bytes).await.unwrap();
    rest(&mut stream).await
}

async fn rest(stream: &mut TcpStream) -> Answer {
    let mut bytes = Vec::new();
    timeout(PATIENCE, stream.read_to_end(&mut bytes))
        .await
        .expect("a response, and the end of the connection")
        .unwrap();
    Answer(String::from_utf8(bytes).unwrap())
}

/// Reads a single response on a connection that stays open.
async fn answer(stream: &mut TcpStream) -> Answer {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            if body.len() >= length.unwrap().parse::<usize>().unwrap() {
                return Answer(text);
            }
        }
        let read = timeout(PATIENCE, stream.read_buf(&mut bytes)).await.expect("a response").unwrap();
        assert!(read > 0, "the connection ended: {text}");
    }
}

/// A raw response.
#[derive(Debug)]
struct Answer(String);

impl Answer {
    fn status(&self) -> u16 {
        self.0.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default()
    }

    fn header(&self, name: &str) -> Option<&str> {
        let (head, _) = self.0.split_once("\r\n\r\n")?;
        let mut lines = head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    fn json(&self) -> Value {
        serde_json::from_str(self.0.split_once("\r\n\r\n").unwrap().1).unwrap()
    }

    /// Asserts that it is a problem document with the standard headers.
    fn problem(&self, status: u16, code: &str) {
        assert_eq!(self.status(), status, "{}", self.0);
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{}", self.0);
        for name in ["content-security-policy", "x-content-type-options", "cache-control", "referrer-policy", "date"] {
            assert!(self.header(name).is_some(), "{name} is missing: {}", self.0);
        }
        let problem = self.json();
        assert_eq!((&problem["code"], &problem["status"]), (&code.into(), &status.into()));
        assert_eq!(problem["instance"].as_str(), self.header("x-request-id"));
    }
}
