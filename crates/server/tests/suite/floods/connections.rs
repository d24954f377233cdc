//! Connections are limited per client and per site, and leave file descriptors for the database.

use std::{
    fs,
    io::{Read, Write},
    net::{IpAddr, TcpStream},
    process::Command,
    sync::Arc,
    time::{Duration, Instant},
};

use ipnet::IpNet;
use portcullis::listen::{ConnectionLimiter, ConnectionPermit};
use tokio::task::spawn_blocking;

use super::{SOON, connect, memory, tell};
use crate::support::{
    Person, TestApp, json,
    process::{CHEAP, Program, client},
};

/// Returns whether the server has closed the connection, or does so within this time.
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

/// Returns the longest of twenty response times.
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

/// Returns the number of open files and connections.
fn files(program: &Program) -> usize {
    fs::read_dir(format!("/proc/{}/fd", program.id())).unwrap().count()
}

/// Opens this number of slow and greedy connections, and checks that other requests are served.
async fn flood(many: usize) {
    let settings = [CHEAP, &[("HEADER_TIMEOUT", "3s"), ("WRITE_TIMEOUT", "3s"), ("MAX_CONNECTIONS_CLIENT", "10000")]];
    let program = Program::start(&settings.concat()).await;
    slowest(&program).await;
    let (before, files_before) = (memory(&program), files(&program));
    // Slow clients never finish their request head.
    let slow: Vec<_> = (0..many).map(|_| connect(&program, "GET /livez HTTP/1.1\r\nHost: x\r\nX-Slow: ")).collect();
    let among_slow = slowest(&program).await;
    // Greedy clients send many requests and never read a response.
    let request = "GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n".repeat(200);
    let greedy: Vec<_> = (0..many).map(|_| connect(&program, &request)).collect();
    // Until the buffers for unread responses are full, these requests are handled like any other.
    let begun = Instant::now();
    while slowest(&program).await > SOON / 10 {
        assert!(begun.elapsed() < SOON * 12, "greedy clients delay all others");
    }
    let among_greedy = slowest(&program).await;
    let during = memory(&program);
    // Counted on the server, because the client may still read buffered data long after the server has closed the
    // connection.
    let begun = Instant::now();
    while files(&program) > files_before + 10 {
        assert!(begun.elapsed() < SOON * 12, "connections are kept for ever: {} of {files_before}", files(&program));
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    drop((slow, greedy));
    let after = slowest(&program).await;
    tell(&format!(
        "{many} slow, {many} greedy connections: slowest response {among_slow:?}, {among_greedy:?}, then {after:?}; memory {before}, {during} MiB"
    ));
    for took in [among_slow, among_greedy, after] {
        assert!(took < SOON, "{took:?}");
    }
    let each = 128;
    assert!(during < before + 40 + (2 * many * each / 1024) as u64, "{before} MiB became {during}");
}

#[tokio::test]
async fn slow_and_greedy_clients_do_not_affect_others() {
    flood(100).await;
}

#[tokio::test]
#[ignore = "soak"]
async fn two_thousand_slow_and_two_thousand_greedy_clients_do_not_affect_others() {
    flood(2000).await;
}

#[tokio::test]
async fn connections_beyond_the_limit_are_closed_until_others_end() {
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
        assert!(open.len() <= 5, "more connections than allowed");
    }
    open.pop();
    let begun = Instant::now();
    while is_closed(&connect(&program, ""), patient) {
        assert!(begun.elapsed() < SOON, "no connection is accepted again");
    }
}

/// Acquires a permit for each of these peers in turn, until one is rejected.
fn take(limiter: &Arc<ConnectionLimiter>, peers: impl IntoIterator<Item = String>) -> Vec<ConnectionPermit> {
    peers.into_iter().map_while(|peer| ConnectionLimiter::take(limiter, peer.parse::<IpAddr>().unwrap())).collect()
}

#[test]
fn a_network_of_48_bits_does_not_take_all_connections() {
    let limiter = ConnectionLimiter::new(1000, 10, Vec::new());
    let site = |net: u32| format!("2001:db8:7:{net:x}::1");
    let one_network = take(&limiter, (0..100).map(|host| format!("2001:db8:7:1::{host:x}")));
    assert_eq!(one_network.len(), 10, "a network of 64 bits is one client");
    let whole_site = take(&limiter, (2..1000).map(site));
    assert_eq!(whole_site.len(), 30, "with the ten from before that makes four clients");
    assert_eq!(take(&limiter, ["2001:db8:8::1", "192.0.2.1", "::ffff:192.0.2.1"].map(str::to_owned)).len(), 3);
    drop(one_network);
    assert_eq!(take(&limiter, (1000..2000).map(site)).len(), 10, "freed permits can be taken again");
    drop(whole_site);
    assert_eq!(take(&limiter, (1000..2000).map(site)).len(), 40);
}

#[test]
fn trusted_proxies_may_take_all_connections_and_no_more() {
    let proxies: Vec<IpNet> = vec!["2001:db8:7::/48".parse().unwrap(), "10.0.0.0/8".parse().unwrap()];
    let limiter = ConnectionLimiter::new(100, 5, proxies);
    let by_six = take(&limiter, (0..60).map(|_| "2001:db8:7::1".to_owned()));
    let by_four = take(&limiter, (0..60).map(|_| "::ffff:10.0.0.1".to_owned()));
    assert_eq!((by_six.len(), by_four.len()), (60, 40));
}

/// Returns a command that runs the program with an open file limit.
fn with_few_files(program: &Program, soft: u32, hard: u32) -> Command {
    let plain = program.command(&[]);
    let mut command = Command::new("sh");
    let limits = format!("ulimit -Sn {soft} && ulimit -Hn {hard} && exec \"$0\"");
    command.args(["-c", &limits]).arg(plain.get_program()).current_dir(program.folder()).env_clear();
    command.envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command
}

const FEWER: &str = "connection limit lowered";

#[tokio::test]
async fn a_flood_of_connections_leaves_the_database_and_mails_their_files() {
    let mut program = Program::new(&[CHEAP, &[("MAX_CONNECTIONS_CLIENT", "10000"), ("HEADER_TIMEOUT", "2s")]].concat());
    program.spawn_by(with_few_files(&program, 100, 160));
    program.ready().await;
    assert!(program.log().contains(FEWER), "{}", program.log());
    let kept = client();
    kept.get(program.url("/livez")).send().await.unwrap();
    let flood: Vec<_> = (0..300).map(|_| connect(&program, "GET /livez HTTP/1.1\r\nHost: x\r\n")).collect();
    let john = Person::new("john.doe@example.com");
    let answer = kept.post(program.url("/User1/create")).json(&john.form()).send().await.unwrap();
    json(answer, 200).await;
    let begun = Instant::now();
    loop {
        let mails = json(kept.get(program.url("/dev/mailbox.json")).send().await.unwrap(), 200).await;
        if mails.as_array().unwrap().len() == 1 {
            break;
        }
        assert!(begun.elapsed() < SOON * 4, "no mail arrives");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(flood.iter().all(|stream| is_closed(stream, SOON * 4)));
    assert!(!program.log().contains("accepting a connection failed"), "{}", program.log());
}

#[tokio::test]
async fn more_files_are_taken_where_the_system_allows_it_without_a_warning() {
    let mut program = Program::new(&[CHEAP, &[("MAX_CONNECTIONS", "800")]].concat());
    program.spawn_by(with_few_files(&program, 100, 1000));
    program.ready().await;
    let limits = fs::read_to_string(format!("/proc/{}/limits", program.id())).unwrap();
    let files = limits.lines().find(|line| line.starts_with("Max open files")).unwrap();
    assert_eq!(files.split_whitespace().nth(3), Some("1000"), "{files}");
    assert!(!program.log().contains(FEWER));
}

/// Otherwise a client that closes its connections immediately could have any number of requests in progress.
#[tokio::test]
async fn a_closed_connection_is_counted_until_its_request_is_done() {
    let app = TestApp::with(&[
        ("MAX_CONNECTIONS_CLIENT", "1"),
        ("ARGON2_MEMORY_KIB", "262144"),
        ("ARGON2_ITERATIONS", "12"),
        ("HASH_DEADLINE", "60s"),
    ])
    .await;
    let address = app.base.strip_prefix("http://").unwrap().to_owned();
    let answer = |request: String| {
        let address = address.clone();
        spawn_blocking(move || {
            let mut stream = TcpStream::connect(address).unwrap();
            // Both may fail if the connection is closed immediately.
            let mut answer = String::new();
            let _ = stream.write_all(request.as_bytes()).and_then(|()| stream.read_to_string(&mut answer));
            answer
        })
    };
    let livez = || answer("GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".to_owned());
    assert!(livez().await.unwrap().starts_with("HTTP/1.1 200"));
    let body = Person::new("gone@example.com").form().to_string();
    let head = format!("POST /User1/create HTTP/1.1\r\nHost: x\r\nContent-Length: {}", body.len());
    let mut gone = TcpStream::connect(&address).unwrap();
    write!(gone, "{head}\r\nContent-Type: application/json\r\n\r\n{body}").unwrap();
    while app.watched.take().hashes == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    drop(gone);
    // Gives the server time to notice.
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(livez().await.unwrap(), "");
    let begun = Instant::now();
    while livez().await.unwrap().is_empty() {
        assert!(begun.elapsed() < Duration::from_secs(60), "the connection was counted for ever");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
