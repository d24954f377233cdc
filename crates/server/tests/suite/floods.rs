//! Slow clients, greedy clients and many clients: each waits behind itself, and nobody else does.

use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
    time::{Duration, Instant},
};

use reqwest::Method;

use crate::support::{
    TestApp, json, problem,
    process::{CHEAP, Program, client},
};

/// What an answer may take while others are in the way, on a machine that is busy with something else.
const SOON: Duration = Duration::from_secs(5);

fn connect(program: &Program, says: &str) -> TcpStream {
    let mut stream = TcpStream::connect(("127.0.0.1", program.port())).unwrap();
    stream.write_all(says.as_bytes()).unwrap();
    stream
}

/// Whether the other side has closed it by now, or does so in time.
fn is_closed(mut stream: &TcpStream, patience: Duration) -> bool {
    stream.set_read_timeout(Some(patience)).unwrap();
    let mut rest = [0; 1024];
    loop {
        match stream.read(&mut rest) {
            Ok(0) => return true,
            Ok(_) => {}
            Err(error) => return error.kind() == std::io::ErrorKind::ConnectionReset,
        }
    }
}

/// The longest of twenty answers.
async fn slowest(program: &Program) -> Duration {
    let (http, mut slowest) = (client(), Duration::ZERO);
    for path in ["/livez", "/User1/me"].iter().cycle().take(20) {
        let begun = Instant::now();
        let answer = http.get(program.url(path)).send().await.unwrap();
        assert!([200, 401].contains(&answer.status().as_u16()));
        slowest = slowest.max(begun.elapsed());
    }
    slowest
}

/// Resident, in MiB.
pub fn memory(program: &Program) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", program.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1024
}

#[allow(clippy::print_stdout, reason = "the figures of the soak")]
pub fn tell(figures: &str) {
    println!("{figures}");
}

/// Opens so many slow and so many greedy connections, and lives on.
async fn flood(many: usize) {
    let settings = [CHEAP, &[("HEADER_TIMEOUT", "3s"), ("WRITE_TIMEOUT", "3s"), ("MAX_CONNECTIONS_CLIENT", "10000")]];
    let program = Program::start(&settings.concat()).await;
    slowest(&program).await;
    let before = memory(&program);
    // A head that never ends.
    let slow: Vec<_> = (0..many).map(|_| connect(&program, "GET /livez HTTP/1.1\r\nHost: x\r\nX-Slow: ")).collect();
    let among_slow = slowest(&program).await;
    // Many requests, and no answer is ever read.
    let request = "GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n".repeat(200);
    let greedy: Vec<_> = (0..many).map(|_| connect(&program, &request)).collect();
    // Until there is no more room for what nobody reads, it is worked like any other request.
    let begun = Instant::now();
    while slowest(&program).await > SOON / 10 {
        assert!(begun.elapsed() < SOON * 12, "greedy clients hold up everybody");
    }
    let among_greedy = slowest(&program).await;
    let during = memory(&program);
    for stream in slow.iter().chain(&greedy) {
        assert!(is_closed(stream, SOON * 4), "a connection is kept for ever");
    }
    drop((slow, greedy));
    let after = slowest(&program).await;
    tell(&format!(
        "{many} slow, {many} greedy connections: slowest answer {among_slow:?}, {among_greedy:?}, then {after:?}; memory {before}, {during} MiB"
    ));
    for took in [among_slow, among_greedy, after] {
        assert!(took < SOON, "{took:?}");
    }
    let each = 128;
    assert!(during < before + 40 + (2 * many * each / 1024) as u64, "{before} MiB became {during}");
}

#[tokio::test]
async fn slow_and_greedy_clients_cost_nothing() {
    flood(100).await;
}

#[tokio::test]
#[ignore = "soak"]
async fn two_thousand_slow_and_two_thousand_greedy_clients_cost_nothing() {
    flood(2000).await;
}

#[tokio::test]
async fn connections_beyond_the_room_for_them_are_closed_and_room_comes_back() {
    let settings = [CHEAP, &[("MAX_CONNECTIONS", "16"), ("MAX_CONNECTIONS_CLIENT", "5"), ("HEADER_TIMEOUT", "120s")]];
    let program = Program::start(&settings.concat()).await;
    let patient = Duration::from_millis(300);
    let mut open = Vec::new();
    loop {
        let stream = connect(&program, "");
        if is_closed(&stream, patient) {
            break;
        }
        open.push(stream);
        assert!(open.len() <= 5, "more than there is room for");
    }
    open.pop();
    let begun = Instant::now();
    while is_closed(&connect(&program, ""), patient) {
        assert!(begun.elapsed() < SOON, "the room does not come back");
    }
}

#[tokio::test]
async fn whoever_floods_the_hashes_waits_behind_themselves() {
    let app = TestApp::with(&[
        ("RATE_LIMIT_MODE", "enforce"),
        ("TRUSTED_PROXIES", "127.0.0.1"),
        ("LIMIT_PASSWORDS_CLIENT", "1000/1m"),
        ("HASH_QUEUE", "64"),
        ("HASH_QUEUE_CLIENT", "4"),
        ("HASH_THREADS", "1"),
        ("HASH_DEADLINE", "60s"),
        ("ARGON2_MEMORY_KIB", "16384"),
        ("ARGON2_ITERATIONS", "4"),
    ])
    .await;
    let login = |client: &'static str, number: usize| {
        let email = format!("person{number}@example.com");
        let form = [("username", email.as_str()), ("password", "wrong-wrong-wrong")];
        let request = app.request(Method::POST, "/User1/login").header("X-Forwarded-For", client).form(&form);
        tokio::spawn(request.send())
    };
    let flood: Vec<_> = (0..60).map(|number| login("192.0.2.1", number)).collect();
    let mut turned_away = 0;
    let other = login("192.0.2.2", 99).await.unwrap().unwrap();
    problem(other, 401).await;
    for answer in flood {
        let answer = answer.await.unwrap().unwrap();
        match answer.status().as_u16() {
            503 => {
                assert!(answer.headers().contains_key("retry-after"));
                assert_eq!(problem(answer, 503).await["code"], "overloaded");
                turned_away += 1;
            }
            _ => drop(problem(answer, 401).await),
        }
    }
    assert!(turned_away > 0, "the flood was never held back");
}

#[tokio::test]
async fn a_json_of_any_depth_is_refused_and_nothing_breaks() {
    let app = TestApp::start().await;
    for open in ["[", "{\"email\":", "{\"email\":["] {
        let body = open.repeat(60_000 / open.len());
        let request = app.request(Method::POST, "/User1/create").header("Content-Type", "application/json").body(body);
        problem(request.send().await.unwrap(), 400).await;
    }
    json(app.get("/livez").await, 200).await;
}
