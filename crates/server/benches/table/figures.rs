//! The measurements, in order of execution.

use std::{
    cell::RefCell,
    fs,
    sync::{Arc, LazyLock},
    time::{Duration, Instant},
};

use portcullis_backends::hash::{HashPool, Settings};
use portcullis_core::{
    account::password::{Password, PasswordHash},
    port::PasswordHasher,
};
use serde_json::json;
use tokio::{task::JoinSet, time::sleep};

use crate::{
    commits::Rotations,
    load::{self, Connection, Cost, FORM, Load, Window},
    machine,
    mongod::TestDatabase,
    process::{CHEAP, Program},
    reads,
    refresh::Refreshers,
    storm::Storm,
    table::Table,
    user::User,
};

/// Secret that the minimal server also uses to verify tokens.
pub(crate) const SECRET: &str = "a-secret-of-the-measurements-with-more-than-32-bytes";
pub(crate) const WARM_UP: Duration = Duration::from_secs(1);
/// Number of slices per measurement. The result is their median.
const SLICES: usize = 5;
pub(crate) const A_SLICE: Duration = Duration::from_secs(1);
const REGISTRARS: usize = 64;
const STARTS: usize = 5;
pub(crate) const EMAIL: &str = "john.doe@example.com";
pub(crate) const PASSWORD: &str = "securepassword123";
const JSON: &str = "application/json";
/// Servers that share a database need the same key.
pub(crate) const KEY: (&str, &str) = ("ENCRYPTION_KEY", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=");
const OPEN: [(&str, &str); 3] = [("HASH_QUEUE", "10000"), ("RATE_LIMIT_MODE", "off"), ("SESSIONS_MAX", "10000")];

/// Runs all measurements.
pub(crate) async fn all() -> Table {
    let mut table = Table::default();
    // The default settings, except that logins are only rejected during the storm, and that the logins of one user
    // end no sessions.
    let program = Program::start(&[OPEN.as_slice(), &[("JWT_SECRET", SECRET)]].concat()).await;
    let busy_before = machine::rest(Duration::from_secs(2)).await;
    let at_rest = machine::resident(program.id());
    let user = User::join(&program).await;

    let database = TestDatabase::new().await;
    let mongodb = Program::start(&[OPEN.as_slice(), &shared(&database)].concat()).await;
    let their_busy = machine::rest(Duration::from_secs(2)).await;
    let their_rest = machine::resident(mongodb.id());
    let their_user = User::join(&mongodb).await;

    logins(&mut table, &program, &mongodb).await;
    let login = login();
    let storm = Storm::raise(&program, &login, &user.token).await;
    let their_storm = Storm::raise(&mongodb, &login, &their_user.token).await;
    storm.tell(&mut table, &their_storm);
    let logins_ended = Instant::now();
    let busy_between = machine::rest(Duration::from_secs(5)).await;
    let after_logins = [machine::resident(program.id()), machine::resident(mongodb.id())];
    reads::measure(&mut table, &mongodb, &their_user).await;
    creates_and_starts(&mut table).await;

    table.figure("resident memory after the start", at_rest, "MiB");
    table.over_mongodb(their_rest, "MiB");
    table.figure("resident memory 5 s after the storm", after_logins[0], "MiB");
    table.over_mongodb(after_logins[1], "MiB");
    // The hash threads release their memory after a minute.
    sleep(Duration::from_secs(65).saturating_sub(logins_ended.elapsed())).await;
    table.figure("resident memory 65 s or more after the storm (aim: 30 MiB)", machine::resident(program.id()), "MiB");
    table.over_mongodb(machine::resident(mongodb.id()), "MiB");
    let size = fs::metadata(env!("CARGO_BIN_EXE_portcullis")).unwrap().len();
    table.figure("size of the program", f64::from(u32::try_from(size).unwrap()) / 1024.0 / 1024.0, "MiB");
    let busy = busy_before.max(their_busy).max(busy_between);
    table.note(format!(
        "{}, {:.0} % of their time taken by others. The load comes from the same processors.",
        machine::line(),
        100.0 * busy,
    ));
    // Hash threads have a low priority, so hashing is affected by other load first.
    if busy > 0.1 {
        table.note("**The machine was busy with something else: these figures are not worth quoting.**");
    }
    table
}

/// Returns the settings for a database on MongoDB and, if available, for Redis.
#[allow(clippy::disallowed_methods, reason = "the run says what it measures")]
fn shared(database: &TestDatabase) -> Vec<(&str, &str)> {
    static REDIS: LazyLock<Option<String>> = LazyLock::new(|| std::env::var("PORTCULLIS_TEST_REDIS_URL").ok());
    let mut settings = vec![("DATABASE_URL", database.url.as_str()), KEY];
    if let Some(url) = REDIS.as_deref() {
        settings.extend([("REDIS_URL", url), ("REDIS_PREFIX", database.name.as_str())]);
    }
    settings
}

/// Costs of two subjects measured alternately, so that other load on the machine affects both.
pub(crate) struct InTurn {
    pub(crate) ours: Cost,
    pub(crate) ceiling: Cost,
    /// Median ratio of each rate to those measured before and after it.
    pub(crate) ratio: f64,
}

impl InTurn {
    pub(crate) async fn measure(ours: impl AsyncFn(Duration) -> Cost, ceiling: impl AsyncFn(Duration) -> Cost) -> Self {
        let (mut measured, mut ceilings, mut ratios) = (Vec::new(), vec![ceiling(A_SLICE).await], Vec::new());
        for slice in 0..SLICES {
            measured.push(ours(A_SLICE).await);
            ceilings.push(ceiling(A_SLICE).await);
            ratios.push(measured[slice].rate / f64::midpoint(ceilings[slice].rate, ceilings[slice + 1].rate));
        }
        Self { ours: middle(&measured), ceiling: middle(&ceilings), ratio: median(ratios) }
    }
}

/// Returns the medians.
fn middle(costs: &[Cost]) -> Cost {
    let of = |value: fn(&Cost) -> f64| median(costs.iter().map(value).collect());
    Cost { rate: of(|cost| cost.rate), each: of(|cost| cost.each) }
}

/// Measures logins, compared with bare password hashes.
async fn logins(table: &mut Table, program: &Program, mongodb: &Program) {
    let clients = 2 * machine::cores();
    let logins = Load::same(program.port(), clients, login());
    let hashes = Hashes::new(clients).await;
    logins.rate(WARM_UP).await;
    hashes.rate(WARM_UP).await;
    let bare = async |length| {
        let before = machine::processor_time(std::process::id());
        let (rate, hashed) = hashes.rate(length).await;
        let used = machine::processor_time(std::process::id()).saturating_sub(before);
        Cost { rate, each: load::micros(used, hashed) }
    };
    let measured = InTurn::measure(async |length| logins.cost(length, program.id()).await, bare);
    let what = format!("logins (Argon2id, 19 MiB, 2 passes; {clients} clients)");
    table.rate(what, &measured.await, "bare Argon2id hashes on all processors");
    let logins = Load::same(mongodb.port(), clients, login());
    table.over_mongodb(steady(&logins).await, "/s");
}

/// Returns a login request with the correct password.
fn login() -> Vec<u8> {
    load::post("/User1/login", FORM, &format!("username={EMAIL}&password={PASSWORD}"))
}

/// Bare password hashes on one thread per core.
struct Hashes {
    pool: Arc<HashPool>,
    password: Password,
    hash: Arc<PasswordHash>,
    submitters: usize,
}

impl Hashes {
    async fn new(submitters: usize) -> Self {
        let settings = Settings { queue: 10_000, deadline: Duration::from_secs(60), ..Settings::default() };
        let pool = Arc::new(HashPool::start(settings).unwrap());
        let password = Password::parse(PASSWORD).unwrap();
        let hash = Arc::new(pool.hash(None, &password, [7; 16]).await.unwrap());
        Self { pool, password, hash, submitters }
    }

    /// Returns the hashes per second and their total number.
    async fn rate(&self, length: Duration) -> (f64, u64) {
        let window = Arc::new(Window::open(length));
        let mut tasks = JoinSet::new();
        for _ in 0..self.submitters {
            let (pool, hash, window) = (Arc::clone(&self.pool), Arc::clone(&self.hash), Arc::clone(&window));
            let password = self.password.clone();
            tasks.spawn(async move {
                let mut hashed = 0;
                while window.is_open() {
                    assert!(pool.verify(None, &password, Some(&hash)).await.unwrap());
                    window.count();
                    hashed += 1;
                }
                hashed
            });
        }
        let hashed = tasks.join_all().await.into_iter().sum();
        (window.per_second(), hashed)
    }
}

/// Returns the median of several slices.
pub(crate) async fn steady(load: &Load) -> f64 {
    load.rate(WARM_UP).await;
    let mut rates = Vec::new();
    for _ in 0..SLICES {
        rates.push(load.rate(A_SLICE).await);
    }
    median(rates)
}

/// Measures committed registrations with the cheapest hashes, then startup with and without their data.
async fn creates_and_starts(table: &mut Table) {
    let mut program = Program::start(CHEAP).await;
    let database = TestDatabase::new().await;
    let mongodb = Program::start(&[CHEAP, &shared(&database)].concat()).await;
    let request = |number: u64| {
        let form = json!({
            "first_name": "John", "last_name": "Doe", "email": format!("john.doe.{number}@example.com"),
            "phone": "+1234567890", "country_code": "US", "password": PASSWORD,
        });
        load::post("/User1/create", JSON, &form.to_string())
    };
    let creates =
        |program: &Program| Load { port: program.port(), connections: REGISTRARS, request: Arc::new(request) };
    let what = format!("registrations committed, each with its mail (the cheapest Argon2id; {REGISTRARS} connections)");
    table.figure(what, steady(&creates(&program)).await, "/s");
    table.over_mongodb(steady(&creates(&mongodb)).await, "/s");
    drop(mongodb);

    refreshes(table).await;
    let mut fresh = Vec::new();
    for _ in 0..STARTS {
        fresh.push(start(&mut Program::new(&[])).await);
    }
    table.figure(format!("start to the first response, in an empty folder (median of {STARTS})"), median(fresh), "ms");
    let mut existing = Vec::new();
    for _ in 0..STARTS {
        assert!(program.stop().await.success());
        existing.push(start(&mut program).await);
    }
    table.figure(format!("the same with the data of those registrations (median of {STARTS})"), median(existing), "ms");
}

/// Measures committed refreshes, with one session per client, compared with bare commits.
async fn refreshes(table: &mut Table) {
    let program = Program::start(CHEAP).await;
    User::join(&program).await;
    let ours = RefCell::new(Refreshers::log_in(&program, REGISTRARS, EMAIL, PASSWORD).await);
    let bare = RefCell::new(Rotations::new(REGISTRARS).await);
    let refresh = async |length| ours.borrow_mut().cost(length, program.id()).await;
    let commit = async |length| bare.borrow_mut().cost(length).await;
    refresh(WARM_UP).await;
    commit(WARM_UP).await;
    let measured = InTurn::measure(refresh, commit).await;
    table.rate(format!("refreshes committed ({REGISTRARS} connections)"), &measured, "bare commits of the same write");
    drop(program);
    let database = TestDatabase::new().await;
    let mongodb = Program::start(&[CHEAP, &shared(&database)].concat()).await;
    User::join(&mongodb).await;
    let mut refreshers = Refreshers::log_in(&mongodb, REGISTRARS, EMAIL, PASSWORD).await;
    refreshers.cost(WARM_UP, mongodb.id()).await;
    let mut rates = Vec::new();
    for _ in 0..SLICES {
        rates.push(refreshers.cost(A_SLICE, mongodb.id()).await.rate);
    }
    table.over_mongodb(median(rates), "/s");
}

/// Returns the milliseconds from process start to the first 200 response.
pub(crate) async fn start(program: &mut Program) -> f64 {
    let request = load::get("/readyz", None);
    let begin = Instant::now();
    program.spawn();
    loop {
        let answer = match Connection::open(program.port()).await {
            Ok(mut connection) => connection.ask(&request).await,
            Err(error) => Err(error),
        };
        if answer.is_ok_and(|status| status == 200) {
            return begin.elapsed().as_secs_f64() * 1000.0;
        }
        assert!(begin.elapsed() < Duration::from_secs(30), "{}", program.log());
        sleep(Duration::from_millis(1)).await;
    }
}

pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
