//! The real program in its own folder: started, stopped, killed, and restarted with the same data.
#![allow(dead_code, unreachable_pub, reason = "shared by tests and measurements, each of which uses a part of it")]

use std::{
    fs::{self, File},
    io::Read,
    net::TcpListener,
    path::PathBuf,
    process::{Child, Command, ExitStatus, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// The cheapest hashes that Argon2 allows, and a long hash queue.
pub const CHEAP: &[(&str, &str)] = &[
    ("ARGON2_MEMORY_KIB", "8"),
    ("ARGON2_ITERATIONS", "1"),
    ("HASH_QUEUE", "1000"),
    // Messages are delivered when a test requests it.
    ("MESSAGE_DELAY", "0s"),
    // Tests send more requests than the limits allow. Tests of the limits enable them.
    ("RATE_LIMIT_MODE", "off"),
];

/// Maximum duration of startup, shutdown or a short command on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// The program, running or not, with its folder, port and settings.
pub struct Program {
    path: PathBuf,
    dir: TempDir,
    port: u16,
    settings: Vec<(String, String)>,
    child: Option<Child>,
}

/// The result of a completed run.
#[derive(Debug)]
pub struct Ended {
    pub status: ExitStatus,
    pub stdout: String,
    pub stderr: String,
}

impl Program {
    /// Prepares a program in an empty folder with only these settings in its environment, without starting it.
    pub fn new(settings: &[(&str, &str)]) -> Self {
        let dir = TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        fs::create_dir(dir.path().join("work")).unwrap();
        let settings = settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let path = PathBuf::from(env!("CARGO_BIN_EXE_portcullis"));
        Self { path, dir, port: free_port(), settings, child: None }
    }

    /// Uses another executable from now on, for example that of an earlier version.
    pub fn become_program(&mut self, path: PathBuf) {
        self.path = path;
    }

    /// Starts a program and waits until it is ready.
    pub async fn start(settings: &[(&str, &str)]) -> Self {
        let mut program = Self::new(settings);
        program.spawn();
        program.ready().await;
        program
    }

    /// Returns its working directory.
    pub fn folder(&self) -> PathBuf {
        self.dir.path().join("work")
    }

    pub fn data(&self) -> PathBuf {
        self.folder().join("data")
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// Returns the id of the running process.
    pub fn id(&self) -> u32 {
        self.child.as_ref().expect("it runs").id()
    }

    /// Sets a setting for its next start.
    pub fn set(&mut self, name: &str, value: &str) {
        self.unset(name);
        self.settings.push((name.to_owned(), value.to_owned()));
    }

    pub fn unset(&mut self, name: &str) {
        self.settings.retain(|(known, _)| known != name);
    }

    /// Returns a command with these arguments that runs in its folder with its settings.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(&self.path);
        command.args(args).current_dir(self.folder()).stdin(Stdio::null());
        command.env_clear().env("PORT", self.port.to_string());
        command.envs(self.settings.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Runs it with these arguments to completion.
    pub fn run(&self, args: &[&str]) -> Ended {
        to_the_end(self.command(args))
    }

    /// Starts it without waiting.
    pub fn spawn(&mut self) {
        self.spawn_by(self.command(&[]));
    }

    /// Starts it with a command that executes the program.
    pub fn spawn_by(&mut self, mut command: Command) {
        assert!(self.child.is_none(), "it runs already");
        let log = File::options().create(true).append(true).open(self.log_file()).unwrap();
        self.child = Some(command.stdout(Stdio::null()).stderr(log).spawn().unwrap());
    }

    /// Waits until it is ready.
    pub async fn ready(&mut self) {
        let http = client();
        let begin = Instant::now();
        loop {
            let answer = http.get(self.url("/readyz")).send().await;
            if answer.is_ok_and(|answer| answer.status() == 200) {
                return;
            }
            assert!(self.is_running(), "it ended while it started:\n{}", self.log());
            assert!(begin.elapsed() < PATIENCE, "it is not ready:\n{}", self.log());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Returns whether the process is running.
    pub fn is_running(&mut self) -> bool {
        self.child.as_mut().is_some_and(|child| child.try_wait().unwrap().is_none())
    }

    /// Sends SIGKILL. Returns once the process has exited.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// Sends SIGTERM to the process.
    pub fn ask_to_stop(&self) {
        self.signal(Signal::TERM);
    }

    pub fn signal(&self, signal: Signal) {
        let id = i32::try_from(self.id()).ok().and_then(Pid::from_raw).unwrap();
        kill_process(id, signal).unwrap();
    }

    /// Waits for the process to exit.
    pub async fn ended(&mut self) -> ExitStatus {
        let mut child = self.child.take().expect("it runs");
        let begin = Instant::now();
        loop {
            if let Some(status) = child.try_wait().unwrap() {
                return status;
            }
            if begin.elapsed() > PATIENCE {
                child.kill().unwrap();
                child.wait().unwrap();
                panic!("it does not end:\n{}", self.log());
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Sends SIGTERM and waits for the process to exit.
    pub async fn stop(&mut self) -> ExitStatus {
        self.ask_to_stop();
        self.ended().await
    }

    /// Returns the log of all its starts.
    pub fn log(&self) -> String {
        fs::read_to_string(self.log_file()).unwrap_or_default()
    }

    fn log_file(&self) -> PathBuf {
        self.dir.path().join("log")
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Returns a client of plain HTTP that follows no redirects and uses no proxy.
pub fn client() -> reqwest::Client {
    let client = reqwest::Client::builder().no_proxy().tls_certs_only([]).timeout(Duration::from_secs(30));
    client.redirect(reqwest::redirect::Policy::none()).build().unwrap()
}

/// Runs a command to completion.
pub fn to_the_end(mut command: Command) -> Ended {
    let dir = TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let (out, err) = (dir.path().join("out"), dir.path().join("err"));
    command.stdout(File::create(&out).unwrap()).stderr(File::create(&err).unwrap());
    let mut child = command.spawn().unwrap();
    let begin = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if begin.elapsed() > PATIENCE {
            child.kill().unwrap();
            child.wait().unwrap();
            panic!("{command:?} does not end:\n{}{}", text(&out), text(&err));
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    Ended { status, stdout: text(&out), stderr: text(&err) }
}

fn text(file: &PathBuf) -> String {
    let mut bytes = Vec::new();
    File::open(file).unwrap().read_to_end(&mut bytes).unwrap();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Returns a free port below the ephemeral range, so that no other process takes it while the program is down.
pub fn free_port() -> u16 {
    static TAKEN: AtomicU32 = AtomicU32::new(0);
    let candidates = std::iter::repeat_with(|| {
        let number = std::process::id().wrapping_mul(37).wrapping_add(TAKEN.fetch_add(1, Ordering::Relaxed));
        u16::try_from(20_000 + number % 12_000).unwrap()
    });
    let mut free = candidates.take(12_000).filter(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok());
    free.next().expect("a free port")
}
