//! The bundles of the documentation viewers are decompressed only once, and not for a request that only needs their
//! length.

use std::time::Instant;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
};

use super::{SOON, memory};
use crate::support::process::{CHEAP, Program, client};

const BUNDLE: &str = "/assets/vendor/redoc/3.0.1/redoc.standalone.js";

async fn start() -> Program {
    Program::start(&[CHEAP, &[("DOCS", "on"), ("MAX_CONNECTIONS_CLIENT", "10000")]].concat()).await
}

#[tokio::test]
async fn four_hundred_head_requests_block_no_one() {
    let program = start().await;
    let http = client();
    let plain = http.get(program.url(BUNDLE)).header("Accept-Encoding", "identity").send().await.unwrap();
    let length = plain.bytes().await.unwrap().len();
    let program = start().await;
    let (begun, before) = (Instant::now(), memory(&program));
    let mut heads = tokio::task::JoinSet::new();
    for number in 0..400 {
        let encoding = if number % 2 == 0 { "identity" } else { "gzip" };
        let head = http.head(program.url(BUNDLE)).header("Accept-Encoding", encoding).send();
        heads.spawn(async move { (encoding, head.await.unwrap()) });
    }
    for (encoding, answer) in heads.join_all().await {
        assert_eq!(answer.status(), 200);
        let stated: usize = answer.headers()["content-length"].to_str().unwrap().parse().unwrap();
        assert_eq!(stated == length, encoding == "identity", "{stated}");
        assert_eq!(answer.headers().contains_key("content-encoding"), encoding == "gzip");
    }
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
    assert!(memory(&program) < before + 30, "{before} MiB, then {} MiB", memory(&program));
}

/// Connects a client that requests the bundle, reads the first byte of the response and then stops reading.
async fn lazy(program: &Program) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut stream = socket.connect(([127, 0, 0, 1], program.port()).into()).await.unwrap();
    let request = format!("GET {BUNDLE} HTTP/1.1\r\nHost: localhost\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    stream.read_u8().await.unwrap();
    stream
}

#[tokio::test]
async fn two_hundred_slow_readers_share_the_memory_of_a_bundle() {
    let program = start().await;
    let _first = lazy(&program).await;
    let before = memory(&program);
    let begun = Instant::now();
    let mut clients = Vec::new();
    for _ in 0..200 {
        clients.push(lazy(&program).await);
    }
    let during = memory(&program);
    assert!(during < before + 60, "{before} MiB, then {during} MiB");
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
    assert_eq!(client().get(program.url("/livez")).send().await.unwrap().status(), 200);
}
