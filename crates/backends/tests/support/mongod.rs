//! MongoDB for tests: databases on a shared server, and separate replica sets that can be stopped.
#![allow(dead_code, unreachable_pub, reason = "shared by the tests of several crates, each of which uses a part of it")]

use std::{
    fs::File,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use mongodb::{
    Client,
    bson::{Bson, Document, doc},
    error::{Error, ErrorKind},
    options::ClientOptions,
};
use tempfile::TempDir;

const PATIENCE: Duration = Duration::from_secs(60);

/// Collections of each database, and those of the users of the realms that most tests use.
const KEPT: &[&str] = &[
    "User1",
    "User2",
    "_audit_blocks",
    "_changes",
    "_records",
    "_stats",
    "admin",
    "audit",
    "challenges",
    "failures",
    "locks",
    "outbox",
    "quotas",
    "registrations",
    "revocations",
    "root_keys",
    "sessions",
    "signing_keys",
];

/// A database of a single test, removed on drop unless it is reused.
pub struct TestDatabase {
    pub url: String,
    pub name: String,
    /// Name of this use of the database, for what is kept elsewhere.
    pub prefix: String,
    is_reused: bool,
}

impl TestDatabase {
    /// Creates a database on the server given by the environment, which `make test` starts.
    pub async fn new() -> Self {
        let server = variable("PORTCULLIS_TEST_MONGODB");
        initiate(&server, &[]).await;
        Self::on(&server)
    }

    /// Creates a database on this server.
    pub fn on(server: &str) -> Self {
        let name = random_name();
        Self { url: url(server, &name), prefix: name.clone(), name, is_reused: false }
    }

    /// Returns an empty database that may already have the schema, because creating that takes most of a test's time.
    /// Databases are reused by later tests.
    pub async fn reused() -> Self {
        let folder = PathBuf::from(variable("PORTCULLIS_TEST_MONGODB_LOCKS"));
        let Some(slot) = free_slot(&folder) else { return Self::new().await };
        let server = variable("PORTCULLIS_TEST_MONGODB");
        initiate(&server, &[]).await;
        let name = format!("reused{slot}");
        let database = Self { url: url(&server, &name), prefix: random_name(), name, is_reused: true };
        empty(&database.db().await).await;
        database
    }

    pub async fn db(&self) -> mongodb::Database {
        client(&self.url).await.database(&self.name)
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        // A failed test may leave processes that still write.
        if self.is_reused && !std::thread::panicking() {
            return;
        }
        let (url, name) = (self.url.clone(), self.name.clone());
        let drop_it = async move {
            let dropped = tokio::time::timeout(Duration::from_secs(5), async {
                drop(client(&url).await.database(&name).drop().await);
            });
            drop(dropped.await);
        };
        let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        // The runtime of the test may be shutting down.
        drop(std::thread::spawn(move || runtime().block_on(drop_it)).join());
    }
}

fn random_name() -> String {
    let dir = tempfile::Builder::new().prefix("t").rand_bytes(12).tempdir().unwrap();
    dir.path().file_name().unwrap().to_str().unwrap().to_lowercase()
}

/// Returns the URL of a database on a server.
fn url(server: &str, name: &str) -> String {
    let (start, options) = server.split_once("/?").unwrap_or((server.trim_end_matches('/'), ""));
    format!("{start}/{name}?{options}")
}

/// Returns a number that no other process has until this one exits: tasks of a test can outlive its database. Starts at
/// different numbers, so that a database is not reused at once.
fn free_slot(folder: &Path) -> Option<u32> {
    const SLOTS: u32 = 32;
    (0..SLOTS).map(|slot| slot.wrapping_add(std::process::id()) % SLOTS).find(|slot| {
        let file = File::options().create(true).append(true).open(folder.join(slot.to_string())).unwrap();
        let is_free = file.try_lock().is_ok();
        if is_free {
            std::mem::forget(file);
        }
        is_free
    })
}

/// Removes all documents but keeps the schema.
async fn empty(db: &mongodb::Database) {
    let mut tasks = tokio::task::JoinSet::new();
    for name in db.list_collection_names().await.unwrap() {
        let collection = db.collection::<Document>(&name);
        tasks.spawn(async move {
            match name.as_str() {
                "migrations" => Ok(()),
                // Created by migrations.
                "counters" => collection.update_many(doc! {}, doc! { "$set": { "given": 0_i64 } }).await.map(drop),
                name if KEPT.contains(&name) => collection.delete_many(doc! {}).await.map(drop),
                _ => collection.drop().await,
            }
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap().unwrap();
    }
}

/// Reads an environment variable, or explains why the test cannot run.
#[allow(clippy::disallowed_methods, reason = "the run says what its tests run on")]
fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| {
        panic!("{name} is not set: `make test` sets it, and `make test-quick` leaves out what needs MongoDB")
    })
}

/// Returns a client with short timeouts.
pub async fn client(url: &str) -> Client {
    let mut options = ClientOptions::parse(url).await.unwrap();
    options.server_selection_timeout = Some(Duration::from_secs(2));
    Client::with_options(options).unwrap()
}

/// Initiates a replica set of this server and the others, unless it exists. Returns once there is a primary.
async fn initiate(url: &str, others: &[u16]) {
    let admin = client(url).await.database("admin");
    let begin = Instant::now();
    loop {
        match admin.run_command(doc! { "hello": 1 }).await {
            Ok(hello) if hello.get_bool("isWritablePrimary").unwrap_or_default() => return,
            Ok(hello) if hello.contains_key("isreplicaset") => {
                let first = hello_port(url);
                let ports = std::iter::once(first).chain(others.iter().copied());
                let members: Vec<Bson> = ports
                    .zip(0_i32..)
                    .map(|(port, id)| doc! { "_id": id, "host": format!("127.0.0.1:{port}") }.into())
                    .collect();
                // Short election timeouts make failovers fast.
                let settings = doc! { "electionTimeoutMillis": 1000, "heartbeatIntervalMillis": 200 };
                let set = doc! { "_id": "rs0", "members": members, "settings": settings };
                match admin.run_command(doc! { "replSetInitiate": set }).await {
                    Err(error) if !is_already_initiated(&error) => panic!("{error}"),
                    _ => {}
                }
            }
            Ok(_) | Err(_) => {}
        }
        assert!(begin.elapsed() < PATIENCE, "{url} has no primary");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn hello_port(url: &str) -> u16 {
    let host = url.trim_start_matches("mongodb://").split('/').next().unwrap();
    host.rsplit(':').next().unwrap().parse().unwrap()
}

/// Returns whether another test has initiated the set, or is doing so.
fn is_already_initiated(error: &Error) -> bool {
    matches!(error.kind.as_ref(), ErrorKind::Command(error) if [23, 93, 109].contains(&error.code))
}

/// A separate server.
pub struct Mongod {
    pub port: u16,
    options: Vec<String>,
    data: TempDir,
    child: Option<Child>,
}

impl Mongod {
    /// Starts a server that waits for the replica set to be initiated.
    pub fn uninitiated() -> Self {
        Self::started(&["--replSet", "rs0"])
    }

    /// Starts a server that belongs to no replica set.
    pub fn standalone() -> Self {
        Self::started(&[])
    }

    fn started(options: &[&str]) -> Self {
        let parent = if PathBuf::from("/dev/shm").is_dir() { PathBuf::from("/dev/shm") } else { std::env::temp_dir() };
        let data = TempDir::with_prefix_in("portcullis-mongod.", parent).unwrap();
        let options = options.iter().map(|option| (*option).to_owned()).collect();
        let mut server = Self { port: free_port(), options, data, child: None };
        server.start();
        server
    }

    /// Starts the server with the same port and data. Returns once it accepts connections.
    pub fn start(&mut self) {
        let log = self.data.path().join("log");
        let mut command = Command::new(variable("PORTCULLIS_TEST_MONGOD"));
        command.args(["--bind_ip", "127.0.0.1", "--port", &self.port.to_string(), "--nounixsocket"]);
        command.arg("--dbpath").arg(self.data.path()).args(&self.options).args(["--oplogSize", "64"]);
        command.args(["--wiredTigerCacheSizeGB", "0.25", "--networkMessageCompressors", "disabled"]);
        command.args(["--wiredTigerEngineConfigString", "log=(prealloc=false,file_max=8MB)"]);
        for parameter in [
            // Rows in tests have artificial times.
            "ttlMonitorEnabled=false",
            "ttlMonitorSleepSecs=1",
            "shutdownTimeoutMillisForSignaledShutdown=0",
            "diagnosticDataCollectionEnabled=false",
        ] {
            command.args(["--setParameter", parameter]);
        }
        let out = File::options().create(true).append(true).open(&log).unwrap();
        self.child = Some(command.stdin(Stdio::null()).stderr(out.try_clone().unwrap()).stdout(out).spawn().unwrap());
        let begin = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            assert!(begin.elapsed() < PATIENCE, "mongod does not start:\n{}", std::fs::read_to_string(&log).unwrap());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Sends SIGKILL. Returns once the process has exited and its port is free.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// Returns whether it was started and not killed since.
    pub const fn is_running(&self) -> bool {
        self.child.is_some()
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

    /// Returns the URL of this server alone.
    pub fn direct(&self) -> String {
        format!("mongodb://127.0.0.1:{}/?directConnection=true", self.port)
    }

    /// Enables TTL removal once a second.
    pub async fn remove_what_lapses(&self) {
        let on = doc! { "setParameter": 1, "ttlMonitorEnabled": true };
        client(&self.direct()).await.database("admin").run_command(on).await.unwrap();
    }

    pub async fn hello(&self) -> Document {
        client(&self.direct()).await.database("admin").run_command(doc! { "hello": 1 }).await.unwrap()
    }
}

impl Drop for Mongod {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A separate replica set.
pub struct ReplicaSet {
    pub members: Vec<Mongod>,
}

impl ReplicaSet {
    /// Starts a set with this number of members, and waits for a primary.
    pub async fn start(members: usize) -> Self {
        let members: Vec<_> = (0..members).map(|_| Mongod::uninitiated()).collect();
        let others: Vec<_> = members.iter().skip(1).map(|member| member.port).collect();
        initiate(&members[0].direct(), &others).await;
        Self { members }
    }

    /// Returns the URL of the set.
    pub fn url(&self) -> String {
        let hosts: Vec<_> = self.members.iter().map(|member| format!("127.0.0.1:{}", member.port)).collect();
        format!("mongodb://{}/?replicaSet=rs0", hosts.join(","))
    }

    /// Returns the index of the primary, once there is one.
    pub async fn primary(&self) -> usize {
        let begin = Instant::now();
        loop {
            for (number, member) in self.members.iter().enumerate() {
                let asked = client(&member.direct()).await.database("admin").run_command(doc! { "hello": 1 }).await;
                if asked.is_ok_and(|hello| hello.get_bool("isWritablePrimary").unwrap_or_default()) {
                    return number;
                }
            }
            assert!(begin.elapsed() < PATIENCE, "there is no primary");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

/// Returns a free port below the ephemeral range, so that nothing takes it while the server is down.
fn free_port() -> u16 {
    use std::sync::atomic::{AtomicU32, Ordering};
    static TAKEN: AtomicU32 = AtomicU32::new(0);
    let candidates = std::iter::repeat_with(|| {
        let number = std::process::id().wrapping_mul(41).wrapping_add(TAKEN.fetch_add(1, Ordering::Relaxed));
        u16::try_from(10_000 + number % 9_000).unwrap()
    });
    let mut free = candidates.take(9_000).filter(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok());
    free.next().expect("a free port")
}
