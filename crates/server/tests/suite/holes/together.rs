//! Requests that meet: all but the last byte of each is sent, then the last bytes at one moment.

use std::{
    io::{Read, Write},
    net::TcpStream,
};

/// A whole request with this body.
pub(super) fn post(path: &str, kind: &str, body: &str) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAccept: application/json\r\n\
         Content-Type: {kind}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// The statuses of the answers, in the order of the requests.
pub(super) async fn statuses(base: &str, requests: Vec<String>) -> Vec<u16> {
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
        sockets.into_iter().map(status).collect()
    };
    tokio::task::spawn_blocking(meet).await.unwrap()
}

fn status(mut socket: TcpStream) -> u16 {
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    answer.split(' ').nth(1).unwrap().parse().unwrap()
}
