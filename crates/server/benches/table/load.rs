//! A low-overhead client: it sends precomputed bytes and parses as little of the response as possible.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::{net::TcpStream, task::JoinSet};

use crate::machine;

pub(crate) const FORM: &str = "application/x-www-form-urlencoded";

/// A keep-alive connection.
pub(crate) struct Connection {
    stream: TcpStream,
    /// Received part of the response.
    heard: Vec<u8>,
    chunk: Box<[u8]>,
}

impl Connection {
    pub(crate) async fn open(port: u16) -> std::io::Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port)).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, heard: Vec::new(), chunk: vec![0; 16 * 1024].into() })
    }

    /// Returns the body of the last response.
    pub(crate) fn body(&self) -> &[u8] {
        body_of(&self.heard)
    }

    /// Sends a request, reads the whole response, and returns its status.
    pub(crate) async fn ask(&mut self, request: &[u8]) -> std::io::Result<u16> {
        let mut rest = request;
        while !rest.is_empty() {
            self.stream.writable().await?;
            match self.stream.try_write(rest) {
                Ok(written) => rest = &rest[written..],
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
        self.heard.clear();
        loop {
            self.stream.readable().await?;
            match self.stream.try_read(&mut self.chunk) {
                Ok(0) => return Err(std::io::ErrorKind::UnexpectedEof.into()),
                Ok(read) => self.heard.extend_from_slice(&self.chunk[..read]),
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => continue,
                Err(error) => return Err(error),
            }
            if let Some((status, length)) = head(&self.heard)
                && self.heard.len() >= length
            {
                assert_eq!(self.heard.len(), length, "more than was asked for");
                return Ok(status);
            }
        }
    }
}

/// Returns the body of a complete response.
fn body_of(heard: &[u8]) -> &[u8] {
    let end = heard.windows(4).position(|window| window == b"\r\n\r\n").unwrap() + 4;
    &heard[end..]
}

/// Returns the status and total length of a response once its head is complete.
fn head(heard: &[u8]) -> Option<(u16, usize)> {
    const LENGTH: &[u8] = b"content-length: ";
    let end = heard.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let number = |bytes: &[u8]| std::str::from_utf8(bytes).unwrap().parse::<usize>().unwrap();
    let mut lines = heard[..end].split(|&byte| byte == b'\n');
    let status = u16::try_from(number(&lines.next()?[9..12])).unwrap();
    let is_length = |line: &&[u8]| line.len() > LENGTH.len() && line[..LENGTH.len()].eq_ignore_ascii_case(LENGTH);
    let length = lines.find(is_length).map_or(0, |line| number(line[LENGTH.len()..].trim_ascii()));
    Some((status, end + length))
}

/// Returns a request without a body.
pub(crate) fn get(path: &str, token: Option<&str>) -> Vec<u8> {
    let credentials = token.map(|token| format!("Authorization: Bearer {token}\r\n")).unwrap_or_default();
    format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{credentials}\r\n").into_bytes()
}

/// Returns a request with a body.
pub(crate) fn post(path: &str, kind: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    let head = format!("POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: {kind}\r\nContent-Length: {length}");
    format!("{head}\r\n\r\n{body}").into_bytes()
}

/// Returns a refresh request with this token.
pub(crate) fn refresh(token: &str) -> Vec<u8> {
    post("/User1/token", FORM, &format!("grant_type=refresh_token&refresh_token={token}"))
}

/// Load of a measurement: port, number of connections and requests.
#[derive(Clone)]
pub(crate) struct Load {
    pub(crate) port: u16,
    pub(crate) connections: usize,
    /// Returns the request with this number.
    pub(crate) request: Arc<dyn Fn(u64) -> Vec<u8> + Send + Sync>,
}

impl Load {
    /// Sends these requests in a pseudo-random order.
    pub(crate) fn shuffled(port: u16, connections: usize, requests: Arc<Vec<Vec<u8>>>) -> Self {
        let request = move |number: u64| {
            // The finaliser of SplitMix64, which maps different numbers to different ones.
            let mixed = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            requests[usize::try_from(mixed >> 32).unwrap() % requests.len()].clone()
        };
        Self { port, connections, request: Arc::new(request) }
    }

    /// Sends these requests in order.
    pub(crate) fn in_order(port: u16, connections: usize, requests: Arc<Vec<Vec<u8>>>) -> Self {
        let request = move |number: u64| requests[usize::try_from(number).unwrap() % requests.len()].clone();
        Self { port, connections, request: Arc::new(request) }
    }

    /// Sends the same request repeatedly.
    pub(crate) fn same(port: u16, connections: usize, request: Vec<u8>) -> Self {
        Self { port, connections, request: Arc::new(move |_| request.clone()) }
    }

    /// Measures successful responses per second for this duration. Panics on any other response.
    pub(crate) async fn rate(&self, length: Duration) -> f64 {
        let rates = self.rates(length).await;
        assert!(rates.turned_away == 0.0, "a request was rejected");
        rates.good
    }

    /// Measures successful responses per second for this duration, and the CPU time that this process uses for each.
    pub(crate) async fn cost(&self, length: Duration, process: u32) -> Cost {
        let before = machine::processor_time(process);
        let rates = self.rates(length).await;
        assert!(rates.turned_away == 0.0, "a request was rejected");
        let used = machine::processor_time(process).saturating_sub(before);
        Cost { rate: rates.good, each: micros(used, rates.answered) }
    }

    /// Sends the first `count` requests once. Returns the CPU time that this process uses for each, in microseconds.
    pub(crate) async fn once(&self, count: u64, process: u32) -> f64 {
        let next = Arc::new(AtomicU64::new(0));
        let before = machine::processor_time(process);
        let mut tasks = JoinSet::new();
        for _ in 0..self.connections {
            let mut connection = Connection::open(self.port).await.unwrap();
            let (next, request) = (Arc::clone(&next), Arc::clone(&self.request));
            tasks.spawn(async move {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= count {
                        return;
                    }
                    let status = connection.ask(&request(number)).await.unwrap();
                    assert_eq!(status, 200, "{}", String::from_utf8_lossy(&connection.heard));
                }
            });
        }
        tasks.join_all().await;
        micros(machine::processor_time(process).saturating_sub(before), count)
    }

    /// Sends requests for this duration. Returns the milliseconds that each took, in ascending order.
    pub(crate) async fn latencies(&self, length: Duration) -> Vec<f64> {
        let (begin, next) = (Instant::now(), Arc::new(AtomicU64::new(0)));
        let mut tasks = JoinSet::new();
        for _ in 0..self.connections {
            let mut connection = Connection::open(self.port).await.unwrap();
            let (next, request) = (Arc::clone(&next), Arc::clone(&self.request));
            tasks.spawn(async move {
                let mut taken = Vec::new();
                while begin.elapsed() < length {
                    let request = request(next.fetch_add(1, Ordering::Relaxed));
                    let sent = Instant::now();
                    let status = connection.ask(&request).await.unwrap();
                    assert_eq!(status, 200, "{}", String::from_utf8_lossy(&connection.heard));
                    taken.push(sent.elapsed().as_secs_f64() * 1000.0);
                }
                taken
            });
        }
        let mut taken: Vec<f64> = tasks.join_all().await.into_iter().flatten().collect();
        taken.sort_by(f64::total_cmp);
        taken
    }

    /// Measures successful and rejected responses per second for this duration.
    pub(crate) async fn rates(&self, length: Duration) -> Rates {
        let mut connections = Vec::new();
        for _ in 0..self.connections {
            connections.push(Connection::open(self.port).await.unwrap());
        }
        // Numbers unique across runs.
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let (good, turned_away) = (Arc::new(Window::open(length)), Arc::new(Window::open(length)));
        let answered = Arc::<AtomicU64>::default();
        let mut tasks = JoinSet::new();
        for mut connection in connections {
            let (good, turned_away) = (Arc::clone(&good), Arc::clone(&turned_away));
            let (request, answered) = (Arc::clone(&self.request), Arc::clone(&answered));
            tasks.spawn(async move {
                while good.is_open() {
                    let request = request(NEXT.fetch_add(1, Ordering::Relaxed));
                    answered.fetch_add(1, Ordering::Relaxed);
                    match connection.ask(&request).await.unwrap() {
                        200 => good.count(),
                        503 => turned_away.count(),
                        _ => panic!("{}", String::from_utf8_lossy(&connection.heard)),
                    }
                }
            });
        }
        tasks.join_all().await;
        let answered = answered.load(Ordering::Relaxed);
        Rates { good: good.per_second(), turned_away: turned_away.per_second(), answered }
    }
}

/// Successful responses per second.
pub(crate) struct Rates {
    pub(crate) good: f64,
    /// 503 responses per second.
    pub(crate) turned_away: f64,
    /// All responses, including those before and after the measured interval.
    answered: u64,
}

/// Cost of a kind of request.
pub(crate) struct Cost {
    /// Responses per second.
    pub(crate) rate: f64,
    /// CPU time of the server per request, in microseconds.
    pub(crate) each: f64,
}

/// Returns a percentile of sorted values.
pub(crate) fn percentile(sorted: &[f64], percent: usize) -> f64 {
    sorted[(sorted.len() * percent / 100).min(sorted.len() - 1)]
}

pub(crate) fn micros(time: Duration, times: u64) -> f64 {
    time.as_secs_f64() * 1e6 / f64::from(u32::try_from(times.max(1)).unwrap())
}

/// Counts what completes within an interval that starts when all tasks are running.
pub(crate) struct Window {
    begin: Instant,
    length: Duration,
    counted: AtomicU64,
}

impl Window {
    const RUN_UP: Duration = Duration::from_millis(200);

    pub(crate) fn open(length: Duration) -> Self {
        Self { begin: Instant::now() + Self::RUN_UP, length, counted: AtomicU64::new(0) }
    }

    pub(crate) fn is_open(&self) -> bool {
        self.begin.elapsed() < self.length
    }

    pub(crate) fn count(&self) {
        if Instant::now() >= self.begin && self.is_open() {
            self.counted.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(crate) fn per_second(&self) -> f64 {
        let counted = u32::try_from(self.counted.load(Ordering::Relaxed)).unwrap();
        f64::from(counted) / self.length.as_secs_f64()
    }
}
