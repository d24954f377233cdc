//! Slow clients, greedy clients and many clients: each waits behind itself, and nobody else does.

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
use reqwest::{Method, Response};
use tokio::task::{JoinHandle, spawn_blocking};

use crate::support::{
    Person, TestApp, json, problem,
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

/// How many files and connections it has open.
fn files(program: &Program) -> usize {
    fs::read_dir(format!("/proc/{}/fd", program.id())).unwrap().count()
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
    let (before, files_before) = (memory(&program), files(&program));
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
    // Looked at from the server's side: what it wrote may lie between the two for long after it has let go.
    let begun = Instant::now();
    while files(&program) > files_before + 10 {
        assert!(begun.elapsed() < SOON * 12, "connections are kept for ever: {} of {files_before}", files(&program));
        tokio::time::sleep(Duration::from_millis(100)).await;
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

/// As many places as these peers get, one after the other.
fn take(limiter: &Arc<ConnectionLimiter>, peers: impl IntoIterator<Item = String>) -> Vec<ConnectionPermit> {
    peers.into_iter().map_while(|peer| ConnectionLimiter::take(limiter, peer.parse::<IpAddr>().unwrap())).collect()
}

#[test]
fn whoever_has_a_network_of_48_bits_does_not_take_all_places() {
    let limiter = ConnectionLimiter::new(1000, 10, Vec::new());
    let site = |net: u32| format!("2001:db8:7:{net:x}::1");
    let one_network = take(&limiter, (0..100).map(|host| format!("2001:db8:7:1::{host:x}")));
    assert_eq!(one_network.len(), 10, "a network of 64 bits is one client");
    let whole_site = take(&limiter, (2..1000).map(site));
    assert_eq!(whole_site.len(), 30, "with the ten from before that makes four clients");
    assert_eq!(take(&limiter, ["2001:db8:8::1", "192.0.2.1", "::ffff:192.0.2.1"].map(str::to_owned)).len(), 3);
    drop(one_network);
    assert_eq!(take(&limiter, (1000..2000).map(site)).len(), 10, "room comes back");
    drop(whole_site);
    assert_eq!(take(&limiter, (1000..2000).map(site)).len(), 40);
}

#[test]
fn trusted_proxies_may_have_all_places_and_nobody_has_more_than_all() {
    let proxies: Vec<IpNet> = vec!["2001:db8:7::/48".parse().unwrap(), "10.0.0.0/8".parse().unwrap()];
    let limiter = ConnectionLimiter::new(100, 5, proxies);
    let by_six = take(&limiter, (0..60).map(|_| "2001:db8:7::1".to_owned()));
    let by_four = take(&limiter, (0..60).map(|_| "::ffff:10.0.0.1".to_owned()));
    assert_eq!((by_six.len(), by_four.len()), (60, 40));
}

/// The program where so many files may be open, and no more.
fn with_few_files(program: &Program, soft: u32, hard: u32) -> Command {
    let plain = program.command(&[]);
    let mut command = Command::new("sh");
    let limits = format!("ulimit -Sn {soft} && ulimit -Hn {hard} && exec \"$0\"");
    command.args(["-c", &limits]).arg(plain.get_program()).current_dir(program.folder()).env_clear();
    command.envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command
}

const FEWER: &str = "fewer connections than MAX_CONNECTIONS";

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
    assert!(!program.log().contains("cannot accept"), "{}", program.log());
}

#[tokio::test]
async fn where_the_system_gives_more_files_they_are_taken_and_nobody_is_warned() {
    let mut program = Program::new(&[CHEAP, &[("MAX_CONNECTIONS", "800")]].concat());
    program.spawn_by(with_few_files(&program, 100, 1000));
    program.ready().await;
    let limits = fs::read_to_string(format!("/proc/{}/limits", program.id())).unwrap();
    let files = limits.lines().find(|line| line.starts_with("Max open files")).unwrap();
    assert_eq!(files.split_whitespace().nth(3), Some("1000"), "{files}");
    assert!(!program.log().contains(FEWER));
}

/// Few limiter to wait for a hash that takes its time, behind a proxy.
async fn with_slow_hashes() -> TestApp {
    TestApp::with(&[
        ("RATE_LIMIT_MODE", "enforce"),
        ("TRUSTED_PROXIES", "127.0.0.1"),
        ("LIMIT_PASSWORDS_CLIENT", "1000/1m"),
        // Fewer than a whole site of IPv6 may have.
        ("HASH_QUEUE", "12"),
        ("HASH_QUEUE_CLIENT", "4"),
        ("HASH_THREADS", "1"),
        ("HASH_DEADLINE", "60s"),
        ("ARGON2_MEMORY_KIB", "16384"),
        ("ARGON2_ITERATIONS", "4"),
    ])
    .await
}

/// A wrong password of this client for an account of its own, on its way.
fn guess(app: &TestApp, client: &str, number: usize) -> JoinHandle<reqwest::Result<Response>> {
    let email = format!("person{number}@example.com");
    let form = [("username", email.as_str()), ("password", "wrong-wrong-wrong")];
    let request = app.request(Method::POST, "/User1/login").header("X-Forwarded-For", client).form(&form);
    tokio::spawn(request.send())
}

/// Nothing can be told by how long it takes to be turned away, and no read is to be had without a hash.
#[tokio::test]
async fn whoever_may_not_hash_has_nothing_looked_up() {
    let app = with_slow_hashes().await;
    let (begun, mut hashes) = (Instant::now(), 0);
    let all: Vec<_> = (0..4).map(|number| guess(&app, "192.0.2.1", number)).collect();
    while hashes < 4 {
        assert!(begun.elapsed() < Duration::from_secs(10), "only {hashes} hashed");
        tokio::time::sleep(Duration::from_millis(1)).await;
        hashes += app.watched.take().hashes;
    }
    problem(guess(&app, "192.0.2.1", 4).await.unwrap().unwrap(), 503).await;
    assert_eq!(app.watched.take().reads, 0);
    for one in all {
        problem(one.await.unwrap().unwrap(), 401).await;
    }
}

/// However many networks of a client's size it has.
#[tokio::test]
async fn a_whole_site_of_ipv6_that_floods_the_hashes_waits_behind_itself() {
    let app = with_slow_hashes().await;
    let flood: Vec<_> = (0..100).map(|number| guess(&app, &format!("2001:db8:1:{number:x}::1"), number)).collect();
    let others: Vec<_> = (100..110).map(|number| guess(&app, &format!("192.0.2.{number}"), number)).collect();
    for other in others {
        problem(other.await.unwrap().unwrap(), 401).await;
    }
    let mut turned_away = 0;
    for answer in flood {
        turned_away += usize::from(answer.await.unwrap().unwrap().status() == 503);
    }
    assert!(turned_away > 0, "the flood was never held back");
}

#[tokio::test]
async fn whoever_floods_the_hashes_waits_behind_themselves() {
    let app = with_slow_hashes().await;
    let flood: Vec<_> = (0..60).map(|number| guess(&app, "192.0.2.1", number)).collect();
    let mut turned_away = 0;
    let other = guess(&app, "192.0.2.2", 99).await.unwrap().unwrap();
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

#[tokio::test]
async fn a_json_nested_two_hundred_deep_is_refused_though_it_is_whole() {
    let app = TestApp::start().await;
    let nested = format!("{{\"email\":{}1{}}}", "[".repeat(200), "]".repeat(200));
    let request = app.request(Method::POST, "/User1/create").header("Content-Type", "application/json").body(nested);
    assert_eq!(problem(request.send().await.unwrap(), 400).await["code"], "body.unreadable");
    let shallow = format!("{{\"email\":{}1{}}}", "[".repeat(126), "]".repeat(126));
    let request = app.request(Method::POST, "/User1/create").header("Content-Type", "application/json").body(shallow);
    problem(request.send().await.unwrap(), 422).await;
}

/// So many fields of a few bytes each, as a form or as a query.
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
async fn more_fields_than_anybody_needs_are_refused_at_once() {
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
    // As many as there may be, and nothing at all so many times.
    let thousand = (0..1000).map(|number| format!("f{number}=1")).collect::<Vec<_>>().join("&");
    for body in [thousand, "&".repeat(65_536), "%".repeat(65_536)] {
        problem(login(body).await.unwrap(), 422).await;
    }
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
}

/// The first line of what a raw request is answered with, and the rest.
fn raw(program: &Program, request: &str) -> (String, String) {
    let mut stream = connect(program, request);
    stream.set_read_timeout(Some(SOON)).unwrap();
    let mut answer = Vec::new();
    // Whoever is refused in the middle of sending may find the connection reset behind the answer.
    let _ = stream.read_to_end(&mut answer);
    let text = String::from_utf8_lossy(&answer).into_owned();
    let (line, rest) = text.split_once("\r\n").unwrap_or((&text, ""));
    (line.to_owned(), rest.to_owned())
}

#[tokio::test]
async fn a_head_that_is_too_long_has_an_answer_that_says_so() {
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
async fn a_body_has_its_time_and_its_size_whether_or_not_it_says_how_long_it_is() {
    let settings = [CHEAP, &[("BODY_TIMEOUT", "1s"), ("BODY_LIMIT_BYTES", "2000")]].concat();
    let program = Program::start(&settings).await;
    let post = |headers: &str, body: &str| {
        let head = "POST /User1/login HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded\r\n";
        raw(&program, &format!("{head}{headers}\r\n{body}"))
    };
    for slow in ["Content-Length: 100\r\n", "Transfer-Encoding: chunked\r\n"] {
        let begun = Instant::now();
        let (line, rest) = post(slow, "");
        assert_eq!(line, "HTTP/1.1 503 Service Unavailable");
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
    // Both lengths at once are how requests are smuggled past a proxy.
    let (line, _) = post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n");
    assert!(line.starts_with("HTTP/1.1 4"), "{line}");
}

/// Otherwise whoever hangs up at once could have any number of requests under way.
#[tokio::test]
async fn whoever_hangs_up_has_their_place_back_when_their_request_is_done() {
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
            // Either may fail where the connection is closed at once.
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
    // Time enough for the server to see that.
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(livez().await.unwrap(), "");
    let begun = Instant::now();
    while livez().await.unwrap().is_empty() {
        assert!(begun.elapsed() < Duration::from_secs(60), "the place was never given back");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
