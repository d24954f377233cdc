//! Redis servers for tests, each for a single test: they can be killed, paused, emptied and made a replica.
#![allow(dead_code, unreachable_pub, reason = "shared by the tests of several crates, each of which uses a part of it")]

use std::{
    fs::File,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use tempfile::TempDir;

const PATIENCE: Duration = Duration::from_secs(30);

/// Root certificate of the server's certificate.
pub const CA_PEM: &[u8] = include_bytes!("certs/ca.pem");

/// A server with its own port and data folder, which is removed on drop.
pub struct RedisServer {
    pub port: u16,
    options: Vec<String>,
    dir: TempDir,
    child: Option<Child>,
    is_sentinel: bool,
}

impl RedisServer {
    pub fn start() -> Self {
        Self::with(&[])
    }

    /// Starts a server with these command-line options.
    pub fn with(options: &[&str]) -> Self {
        let plain = ["--save", "", "--appendonly", "no"];
        Self::launch(plain.iter().chain(options).map(|option| (*option).to_owned()).collect(), false)
    }

    /// Starts a server that accepts only TLS connections.
    pub fn with_tls() -> Self {
        let port = free_port();
        let certs = concat!(env!("CARGO_MANIFEST_DIR"), "/../backends/tests/support/certs");
        let file = |name: &str| format!("{certs}/{name}");
        let (port, cert, key) = (port.to_string(), file("server.pem"), file("server.key"));
        let options = ["--port", "0", "--tls-port", &port, "--tls-cert-file", &cert, "--tls-key-file", &key];
        let more = ["--tls-ca-cert-file", &file("ca.pem"), "--tls-auth-clients", "no"].map(str::to_owned);
        let options = options.iter().map(|option| (*option).to_owned()).chain(more).collect();
        Self::on(port.parse().unwrap(), options, false)
    }

    /// Starts a Sentinel that monitors the server at this port under the name `accounts`.
    pub fn sentinel(watched: u16, quorum: usize) -> Self {
        let mut sentinel = Self::prepared(free_port(), Vec::new(), true);
        let port = sentinel.port;
        // Sentinels rewrite their configuration file.
        let text = format!(
            "port {port}\nbind 127.0.0.1\nprotected-mode no\nsentinel monitor accounts 127.0.0.1 {watched} {quorum}\n\
             sentinel down-after-milliseconds accounts 500\nsentinel failover-timeout accounts 2000\n"
        );
        std::fs::write(sentinel.path("sentinel.conf"), text).unwrap();
        sentinel.spawn();
        sentinel
    }

    fn launch(options: Vec<String>, is_sentinel: bool) -> Self {
        let port = free_port();
        let mut all = vec!["--port".to_owned(), port.to_string()];
        all.extend(options);
        Self::on(port, all, is_sentinel)
    }

    fn on(port: u16, options: Vec<String>, is_sentinel: bool) -> Self {
        let mut server = Self::prepared(port, options, is_sentinel);
        server.spawn();
        server
    }

    fn prepared(port: u16, options: Vec<String>, is_sentinel: bool) -> Self {
        let dir = TempDir::with_prefix("portcullis-redis.").unwrap();
        Self { port, options, dir, child: None, is_sentinel }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Starts the server with the same port and data. Returns once it accepts connections.
    pub fn spawn(&mut self) {
        let log = File::options().create(true).append(true).open(self.path("log")).unwrap();
        let mut command = Command::new(program());
        if self.is_sentinel {
            command.arg(self.path("sentinel.conf")).arg("--sentinel");
        } else {
            command.args(["--bind", "127.0.0.1", "--unixsocket"]).arg(self.socket()).args(&self.options);
        }
        command.current_dir(self.dir.path()).stdin(Stdio::null()).stderr(log.try_clone().unwrap()).stdout(log);
        self.child = Some(command.spawn().unwrap());
        let begin = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            let log = std::fs::read_to_string(self.path("log")).unwrap();
            assert!(begin.elapsed() < PATIENCE, "redis-server does not start:\n{log}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    pub fn socket(&self) -> PathBuf {
        self.path("redis.sock")
    }

    pub fn folder(&self) -> &Path {
        self.dir.path()
    }

    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Sends SIGKILL. Returns once the process has exited and its port is free.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// Sends SIGSTOP: the server keeps its connections open but does not respond.
    pub fn pause(&self) {
        self.signal("-STOP");
    }

    /// Resumes the paused process with SIGCONT.
    pub fn go_on(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        let id = self.child.as_ref().unwrap().id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
    }

    /// Sends a command on a separate connection, and returns the response.
    pub fn ask<T: redis::FromRedisValue>(&self, words: &[&str]) -> T {
        let client = redis::Client::open(self.url()).unwrap();
        let mut connection = client.get_connection_with_timeout(PATIENCE).unwrap();
        let (first, rest) = words.split_first().unwrap();
        redis::cmd(first).arg(rest).query(&mut connection).unwrap()
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Returns a port on which nothing listens, for an unavailable server.
pub fn free_port() -> u16 {
    use std::sync::atomic::{AtomicU32, Ordering};
    static TAKEN: AtomicU32 = AtomicU32::new(0);
    let candidates = std::iter::repeat_with(|| {
        let number = std::process::id().wrapping_mul(43).wrapping_add(TAKEN.fetch_add(1, Ordering::Relaxed));
        u16::try_from(2_000 + number % 7_000).unwrap()
    });
    let mut free = candidates.take(7_000).filter(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok());
    free.next().expect("a free port")
}

#[allow(clippy::disallowed_methods, reason = "the run says what its tests run on")]
fn program() -> String {
    std::env::var("PORTCULLIS_TEST_REDIS").unwrap_or_else(|_| "redis-server".to_owned())
}
