//! Concurrent requests: everything except the last byte of each is sent first, then all last bytes at the same
//! moment.

use std::{
    io::{Read, Write},
    net::TcpStream,
};

/// Returns a raw request with this body.
pub(super) fn post(path: &str, kind: &str, body: &str) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAccept: application/json\r\n\
         Content-Type: {kind}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// Returns a raw request with this form.
pub(super) fn form(path: &str, body: &str) -> String {
    post(path, "application/x-www-form-urlencoded", body)
}

/// Returns a raw request without a body.
pub(super) fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
}

/// Returns a raw DELETE request with this token.
pub(super) fn delete(path: &str, token: &str) -> String {
    get(path).replacen("GET", "DELETE", 1).replacen("\r\n", &format!("\r\nAuthorization: Bearer {token}\r\n"), 1)
}

/// Returns the statuses and bodies of the responses, in the order of the requests.
pub(super) async fn answers(base: &str, requests: Vec<String>) -> Vec<(u16, String)> {
    let address = base.strip_prefix("http://").unwrap().to_owned();
    let meet = move || {
        let mut sockets: Vec<_> = requests.iter().map(|_| TcpStream::connect(&address).unwrap()).collect();
        for (socket, request) in sockets.iter_mut().zip(&requests) {
            socket.set_nodelay(true).unwrap();
            socket.write_all(&request.as_bytes()[..request.len() - 1]).unwrap();
        }
        for (socket, request) in sockets.iter_mut().zip(&requests) {
            socket.write_all(&request.as_bytes()[request.len() - 1..]).unwrap();
        }
        sockets.into_iter().map(answer).collect()
    };
    tokio::task::spawn_blocking(meet).await.unwrap()
}

/// Returns the statuses of the responses, in the order of the requests.
pub(super) async fn statuses(base: &str, requests: Vec<String>) -> Vec<u16> {
    answers(base, requests).await.into_iter().map(|(status, _)| status).collect()
}

fn answer(mut socket: TcpStream) -> (u16, String) {
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}
