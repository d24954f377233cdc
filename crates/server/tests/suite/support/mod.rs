//! The real application on a loopback port, with a manual clock, reproducible randomness, and explicit message
//! delivery.

pub mod admin;
pub mod authenticator;
pub mod chance;
pub mod database;
pub mod impersonation;
pub mod log;
#[path = "../../../../backends/tests/support/mongod.rs"]
pub mod mongod;
pub mod passkeys;
pub mod person;
pub mod process;
pub mod provider;
pub mod recording_store;
#[path = "../../../../backends/tests/support/redis.rs"]
pub mod redis_server;
pub mod relay;
pub mod rounds;
#[path = "../../../../backends/tests/support/scripted.rs"]
pub mod scripted;
#[path = "../../../../backends/tests/support/smtp.rs"]
pub mod smtp;

use std::{
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
    time::Duration,
};

use portcullis::{
    App,
    app::{Overrides, Pump},
    config::{self, Args, Sources},
};
use portcullis_core::{
    clock::{Clock, ManualClock, Timestamp},
    port::Store,
    random::Random,
    service::Ports,
};
use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::Value;
use tempfile::TempDir;
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};

pub use authenticator::{Authenticator, Protected, complete};
pub use chance::Chance;
use database::Database;
pub use log::Log;
pub use passkeys::Keyed;
pub use person::Person;
pub use recording_store::{RecordingStore, Work};
pub use rounds::rounds;

/// 2026-01-01T00:00:00Z, the start time of every test.
pub const BEGIN: Timestamp = Timestamp::from_secs(1_767_225_600);
pub const JWT_SECRET: &str = "the-secret-of-the-tests-which-is-long-enough";

/// The cheapest hashes allowed by Argon2, because tests are about behaviour and not about cost.
const CHEAP: &[(&str, &str)] = &[
    ("ARGON2_MEMORY_KIB", "8"),
    ("ARGON2_ITERATIONS", "1"),
    ("ARGON2_PARALLELISM", "1"),
    ("HASH_QUEUE", "1000"),
    // Messages are delivered when a test requests it.
    ("MESSAGE_DELAY", "0s"),
    // Tests send more requests than the limits allow. Tests of the limits enable them.
    ("RATE_LIMIT_MODE", "off"),
    // The tests listen on an IP address, which cannot be the domain of passkeys.
    ("PASSKEY_RP_ID", "localhost"),
    ("PASSKEY_ORIGINS", "http://localhost:8000"),
    ("JWT_SECRET", JWT_SECRET),
    ("ENCRYPTION_KEY", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="),
];

pub struct TestApp {
    pub base: String,
    pub clock: Arc<ManualClock>,
    pub random: Arc<Chance>,
    pub http: Client,
    pub dir: Arc<TempDir>,
    database: Arc<Database>,
    /// The store and the hasher, with recorded calls. The store can be made unavailable.
    pub watched: Arc<RecordingStore>,
    pump: Pump,
    settings: Vec<(String, String)>,
    /// Differs in each start, so that randomness is not repeated with the same data.
    seed: u64,
    /// Administrator who impersonates users, once there is one.
    impersonator: tokio::sync::OnceCell<admin::Admin>,
    /// Number of commands run in addition to this process.
    processes: std::sync::atomic::AtomicU64,
    stop: Option<oneshot::Sender<()>>,
    serving: Option<JoinHandle<()>>,
}

impl TestApp {
    pub async fn start() -> Self {
        Self::with(&[]).await
    }

    /// Starts an application with these settings in addition to the cheap ones.
    pub async fn with(settings: &[(&str, &str)]) -> Self {
        Self::on(TempDir::new().unwrap(), Database::new().await, BEGIN, settings).await
    }

    /// Starts an application on a database that may contain data, at this time.
    pub async fn on(dir: TempDir, database: Database, now: Timestamp, settings: &[(&str, &str)]) -> Self {
        let settings = database.settings().into_iter().chain(settings.iter().copied());
        let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let clock = Arc::new(ManualClock::at(now));
        Self::launch(Arc::new(dir), Arc::new(database), clock, settings, 1).await
    }

    /// Shuts down gracefully, then starts with the same data at the same time.
    pub async fn restart(self) -> Self {
        self.restart_with(&[]).await
    }

    /// Restarts with additional settings.
    pub async fn restart_with(mut self, more: &[(&str, &str)]) -> Self {
        self.stop().await;
        let mut settings = self.settings.clone();
        // The port changes, but the token issuer must not.
        if !settings.iter().any(|(name, _)| name == "JWT_ISSUER") {
            settings.push(("JWT_ISSUER".to_owned(), format!("{}/{{realm}}", self.base)));
        }
        for (name, value) in more {
            settings.retain(|(known, _)| known != name);
            settings.push(((*name).to_owned(), (*value).to_owned()));
        }
        let (dir, database) = (Arc::clone(&self.dir), Arc::clone(&self.database));
        Self::launch(dir, database, Arc::clone(&self.clock), settings, self.seed + 1).await
    }

    /// Starts another server on the same database, with the same clock. Only where servers can share it.
    pub async fn twin(&self) -> Self {
        self.twin_with(&[]).await
    }

    /// Starts another server behind a proxy, so that both have the same URL.
    pub async fn twin_behind_one_url(&self) -> Self {
        self.twin_with(&[("PUBLIC_URL", &self.base)]).await
    }

    async fn twin_with(&self, more: &[(&str, &str)]) -> Self {
        let issuer = ("JWT_ISSUER".to_owned(), format!("{}/{{realm}}", self.base));
        let more = more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let settings = self.settings.iter().cloned().chain([issuer]).chain(more).collect();
        let dir = Arc::new(TempDir::new().unwrap());
        Self::launch(dir, Arc::clone(&self.database), Arc::clone(&self.clock), settings, self.seed + 1000).await
    }

    pub async fn stop(&mut self) {
        drop(self.stop.take());
        if let Some(serving) = self.serving.take() {
            serving.await.unwrap();
        }
    }

    async fn launch(
        dir: Arc<TempDir>,
        database: Arc<Database>,
        clock: Arc<ManualClock>,
        settings: Vec<(String, String)>,
        seed: u64,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let config = load(dir.path(), &base, &settings);
        let random = Arc::new(Chance::new(seed));
        let watched = Arc::new(OnceLock::new());
        let overrides = Overrides {
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
            random: Arc::clone(&random) as Arc<dyn Random>,
            adjust: watch(Arc::clone(&watched)),
        };
        let (app, pump) = App::build(&config, overrides).await.unwrap().by_hand();
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = tokio::spawn(app.serve(listener, async move {
            let _ = stopped.await;
        }));
        // Reading the root certificates would take longer than many a test.
        let http = Client::builder().tls_certs_only([]).redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self {
            base,
            clock,
            random,
            http,
            dir,
            database,
            watched: watched.get().cloned().unwrap(),
            pump: pump.unwrap(),
            settings,
            seed,
            impersonator: Default::default(),
            processes: Default::default(),
            stop: Some(stop),
            serving: Some(serving),
        }
    }

    pub fn advance(&self, by: Duration) {
        self.clock.advance(by);
    }

    /// Returns whether several servers can share the database.
    pub fn is_shared(&self) -> bool {
        matches!(*self.database, Database::MongoDb(_))
    }

    /// Opens the application's database directly.
    pub async fn store(&self) -> Arc<dyn Store> {
        self.database.open(&self.data(), self.clock.now()).await
    }

    /// Returns all stored data by name.
    pub async fn contents(&self) -> Vec<(String, Vec<u8>)> {
        self.database.contents(&self.data()).await
    }

    /// Returns the names of all tables or collections. Those of the realms' users are reported as `users`.
    pub async fn tables(&self) -> Vec<String> {
        self.database.tables(&self.data()).await
    }

    /// Returns every row with its table, or every document with its collection, as bytes.
    pub async fn rows(&self) -> Vec<(String, Vec<u8>)> {
        self.database.rows(&self.data()).await
    }

    /// Returns the number of rows of a table, or of documents of a collection.
    pub async fn count(&self, table: &str) -> u64 {
        self.database.count(&self.data(), table).await
    }

    /// Returns the configuration of the application with additional settings.
    pub fn config_with(&self, more: &[(&str, &str)]) -> config::Config {
        let mut settings = self.settings.clone();
        for (name, value) in more {
            settings.retain(|(known, _)| known != name);
            settings.push(((*name).to_owned(), (*value).to_owned()));
        }
        load(self.dir.path(), &self.base, &settings)
    }

    /// Returns a number that differs for each additional process.
    pub fn seed_of_beside(&self) -> u64 {
        self.processes.fetch_add(1, std::sync::atomic::Ordering::Relaxed)
    }

    /// Returns the data folder.
    pub fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.base))
    }

    pub async fn get(&self, path: &str) -> Response {
        self.request(Method::GET, path).send().await.unwrap()
    }

    pub async fn post_json(&self, path: &str, body: Value) -> Response {
        self.request(Method::POST, path).json(&body).send().await.unwrap()
    }

    pub async fn post_form(&self, path: &str, form: &[(&str, &str)]) -> Response {
        self.request(Method::POST, path).form(form).send().await.unwrap()
    }

    pub async fn get_as(&self, token: &str, path: &str) -> Response {
        self.request(Method::GET, path).bearer_auth(token).send().await.unwrap()
    }

    pub async fn login(&self, realm: &str, email: &str, password: &str) -> Response {
        self.post_form(&format!("/{realm}/login"), &[("username", email), ("password", password)]).await
    }

    /// Delivers due messages, and returns all emails ever sent, newest first.
    pub async fn mails(&self) -> Vec<Value> {
        let mut messages = self.mailbox().await;
        messages.retain(|message| message["withheld"].is_null());
        messages
    }

    /// Delivers due messages, and returns all messages in the mailbox, including those withheld by a limit, newest
    /// first.
    pub async fn mailbox(&self) -> Vec<Value> {
        self.pump().await;
        self.get("/dev/mailbox.json").await.json().await.unwrap()
    }

    /// Returns the emails to one address, newest first.
    pub async fn mails_to(&self, email: &str) -> Vec<Value> {
        self.mails().await.into_iter().filter(|mail| mail["to"] == email).collect()
    }

    /// Runs the maintenance that the workers run once a minute.
    pub async fn run_maintenance(&self) {
        self.pump.run_maintenance().await.unwrap();
    }

    /// Seals the audit trail and removes its old rows, as the workers do.
    pub async fn seal_audit(&self) {
        self.pump.seal_audit().await.unwrap();
    }

    /// Sends all due messages.
    pub async fn pump(&self) -> usize {
        self.pump.deliver_due().await.unwrap()
    }

    /// Returns the newest link of this kind (`verify`, `undo`) in an email to this address.
    pub async fn link(&self, email: &str, page: &str) -> String {
        let wanted = format!("/{page}?token=");
        let mails = self.mails_to(email).await;
        let links = mails.iter().flat_map(|mail| mail["links"].as_array().unwrap());
        let found = links.filter_map(Value::as_str).find(|link| link.contains(&wanted));
        found.unwrap_or_else(|| panic!("no {page} link was sent")).to_owned()
    }

    /// Opens a link like a user in a browser, who presses the button on the page of a verification link.
    pub async fn open(&self, link: &str) -> Response {
        match link.split_once("/verify?token=") {
            Some((realm, token)) if token.len() == 43 => {
                let button = self.http.post(format!("{realm}/verify")).form(&[("token", token)]);
                let pressed = button.header("Accept", "text/html").send().await.unwrap();
                match pressed.headers().get("location") {
                    Some(target) => {
                        let target = pressed.url().join(target.to_str().unwrap()).unwrap();
                        self.visit(target.as_str()).await
                    }
                    None => pressed,
                }
            }
            _ => self.visit(link).await,
        }
    }

    /// Opens a link in a browser.
    pub async fn visit(&self, link: &str) -> Response {
        self.http.get(link).header("Accept", "text/html").send().await.unwrap()
    }
}

/// Wraps the ports of the services in recorders.
fn watch(watched: Arc<OnceLock<Arc<RecordingStore>>>) -> Box<dyn FnOnce(Ports) -> Ports + Send> {
    Box::new(move |ports| {
        let watch = watched.get_or_init(|| Arc::new(RecordingStore::new(&ports)));
        Ports { store: Arc::clone(watch) as _, hasher: Arc::clone(watch) as _, render: Arc::clone(watch) as _, ..ports }
    })
}

/// Returns the configuration of a test, only from these values.
pub fn load(dir: &Path, base: &str, settings: &[(String, String)]) -> config::Config {
    let mut env: Vec<(String, String)> =
        CHEAP.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    env.push(("PUBLIC_URL".to_owned(), base.to_owned()));
    for (name, value) in settings {
        env.retain(|(known, _)| known != name);
        env.push((name.clone(), value.clone()));
    }
    let sources = Sources { args: Args::default(), env, dir: dir.to_owned() };
    config::load(sources, &Chance::new(7)).unwrap().config
}

/// Returns a problem document, after checking its format.
pub async fn problem(response: Response, status: u16) -> Value {
    assert_eq!(response.status().as_u16(), status);
    assert_eq!(response.headers()["content-type"], "application/problem+json");
    let id = response.headers()["x-request-id"].to_str().unwrap().to_owned();
    let problem: Value = response.json().await.unwrap();
    assert_eq!(problem["status"], status);
    assert_eq!(problem["instance"], id);
    for member in ["title", "detail", "code"] {
        assert!(problem[member].as_str().is_some_and(|text| !text.is_empty()), "{member} is missing: {problem}");
    }
    assert_eq!(problem["type"], format!("urn:portcullis:problem:{}", problem["code"].as_str().unwrap()));
    assert_eq!(problem["limit"].is_string(), status == 429, "{problem}");
    problem
}

/// Returns a JSON response with this status.
pub async fn json(response: Response, status: u16) -> Value {
    let got = response.status().as_u16();
    let text = response.text().await.unwrap();
    assert_eq!(got, status, "{text}");
    serde_json::from_str(&text).unwrap()
}
