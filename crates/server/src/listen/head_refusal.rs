//! Answers to requests whose head cannot be read. The HTTP library writes them itself, without a body and without the headers of
//! every answer, and offers no way to change that.

use axum::http::StatusCode;
use bytes::Bytes;

use crate::http::RefuseHead;

/// Longest head that the HTTP library writes itself, in bytes.
const MAX_PLAIN: usize = 256;
/// Headers that the HTTP library sets itself. Every other answer has more than these.
const PLAIN: [&str; 3] = ["connection", "content-length", "date"];

/// Returns the complete answer in place of one that the HTTP library has made itself. All other answers stay as they are.
pub(super) fn replace(given: &[u8], refuse: &RefuseHead) -> Option<Bytes> {
    if given.len() > MAX_PLAIN || !given.starts_with(b"HTTP/1.1 4") {
        return None;
    }
    let head = std::str::from_utf8(given).ok()?.strip_suffix("\r\n\r\n")?;
    let mut lines = head.split("\r\n");
    let status_line = lines.next()?;
    let status = StatusCode::from_bytes(status_line.split(' ').nth(1)?.as_bytes()).ok()?;
    let mut answer = format!("{status_line}\r\n");
    for line in lines {
        let (name, _) = line.split_once(':')?;
        if !PLAIN.contains(&name) {
            return None;
        }
        if name == "date" {
            answer.push_str(line);
            answer.push_str("\r\n");
        }
    }
    let (headers, body) = refuse(status);
    let mut answer = answer.into_bytes();
    let mut add = |name: &[u8], value: &[u8]| answer.extend([name, b": ", value, b"\r\n"].concat());
    for (name, value) in &headers {
        add(name.as_str().as_bytes(), value.as_bytes());
    }
    add(b"connection", b"close");
    add(b"content-length", body.len().to_string().as_bytes());
    answer.extend_from_slice(b"\r\n");
    answer.extend_from_slice(&body);
    Some(answer.into())
}
