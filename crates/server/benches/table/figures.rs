//! The measurements, one after the other.

use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use portcullis_backends::hash::{HashPool, Settings};
use portcullis_core::{password::Password, port::PasswordHasher};
use serde_json::{Value, json};
use tokio::{task::JoinSet, time::sleep};

use crate::{
    ceiling::{Ceiling, Role},
    load::{self, Connection, Load, per_second},
    machine,
    process::{CHEAP, Program, client},
    table::Table,
};

const WARM_UP: Duration = Duration::from_secs(1);
const A_FIGURE: Duration = Duration::from_secs(5);
const READERS: usize = 32;
const REGISTRARS: usize = 64;
const STARTS: usize = 5;
const EMAIL: &str = "john.doe@example.com";
const PASSWORD: &str = "securepassword123";
const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

/// Measures everything.
pub(crate) async fn all() -> Table {
    let mut table = Table::default();
    let load_before = machine::load_average();
    // The default settings, but for the queue: here nobody is to be turned away.
    let program = Program::start(&[("HASH_QUEUE", "10000")]).await;
    sleep(Duration::from_secs(2)).await;
    let at_rest = machine::resident(program.id());
    let user = User::join(&program).await;

    logins(&mut table, &program).await;
    let logins_ended = Instant::now();
    sleep(Duration::from_secs(5)).await;
    let after_logins = machine::resident(program.id());
    reads(&mut table, &program, &user).await;
    creates_and_starts(&mut table).await;

    table.figure("resident memory after the start", at_rest, "MiB");
    table.figure("resident memory 5 s after the logins", after_logins, "MiB");
    // The hash threads give theirs back after a minute.
    sleep(Duration::from_secs(65).saturating_sub(logins_ended.elapsed())).await;
    table.figure("resident memory 65 s or more after the logins", machine::resident(program.id()), "MiB");
    let size = fs::metadata(env!("CARGO_BIN_EXE_portcullis")).unwrap().len();
    table.figure("size of the program", f64::from(u32::try_from(size).unwrap()) / 1024.0 / 1024.0, "MiB");
    table.note(format!(
        "{}; load average {load_before} before, {} after. The load comes from the same processors.",
        machine::line(),
        machine::load_average(),
    ));
    table
}

/// Logins against the bare hashes in them: hashes, logins, hashes.
async fn logins(table: &mut Table, program: &Program) {
    let clients = 2 * machine::cores();
    let body = format!("username={EMAIL}&password={PASSWORD}");
    let logins = Load::same(program.port(), clients, load::post("/User1/login", FORM, &body));
    logins.rate(WARM_UP).await;
    hashes(clients, WARM_UP).await;
    let before = hashes(clients, A_FIGURE).await;
    let rate = logins.rate(A_FIGURE).await;
    let after = hashes(clients, A_FIGURE).await;
    let what = format!("logins (Argon2id, 19 MiB, 2 passes; {clients} clients)");
    table.rate(what, rate, f64::midpoint(before, after), "bare Argon2id hashes on all processors");
}

/// Hashes a second, on a thread for each processor.
async fn hashes(submitters: usize, length: Duration) -> f64 {
    let pool = HashPool::start(Settings { queue: 10_000, deadline: Duration::from_secs(60), ..Settings::default() });
    let pool = Arc::new(pool.unwrap());
    let password = Password::parse(PASSWORD).unwrap();
    let hash = Arc::new(pool.hash(&password, [7; 16]).await.unwrap());
    let done = Arc::new(AtomicU64::new(0));
    let begin = Instant::now();
    let mut tasks = JoinSet::new();
    for _ in 0..submitters {
        let (pool, hash, password, done) = (Arc::clone(&pool), Arc::clone(&hash), password.clone(), Arc::clone(&done));
        tasks.spawn(async move {
            loop {
                assert!(pool.verify(&password, Some(&hash)).await.unwrap());
                if begin.elapsed() > length {
                    return;
                }
                done.fetch_add(1, Ordering::Relaxed);
            }
        });
    }
    tasks.join_all().await;
    per_second(done.load(Ordering::Relaxed), length)
}

/// Authenticated reads against a bare greeting, and against a bare verification with the same answer.
async fn reads(table: &mut Table, program: &Program, user: &User) {
    let token = Some(user.token.as_str());
    let secret = secret(program);
    let hello = Ceiling::start(Role::Hello);
    let verify = Ceiling::start(Role::Verify { secret, user: user.answer.clone() });
    let reads = Load::same(program.port(), READERS, load::get("/User1/me", token));
    let greetings = Load::same(hello.port, READERS, load::get("/", None));
    let verifications = Load::same(verify.port, READERS, load::get("/", token));
    for load in [&reads, &greetings, &verifications] {
        load.rate(WARM_UP).await;
    }
    let pairs = [
        (&greetings, "bare axum answers, no token looked at"),
        (&verifications, "bare axum answers with the same token verified and the same JSON"),
    ];
    for (ceiling, of) in pairs {
        let before = ceiling.rate(A_FIGURE).await;
        let rate = reads.rate(A_FIGURE).await;
        let after = ceiling.rate(A_FIGURE).await;
        let what = format!("authenticated reads (`GET /User1/me`; {READERS} connections)");
        table.rate(what, rate, f64::midpoint(before, after), of);
    }
}

/// Registrations that are committed, with hashes that cost nothing; then starts with and without that data.
async fn creates_and_starts(table: &mut Table) {
    let mut program = Program::start(CHEAP).await;
    let request = |number: u64| {
        let form = json!({
            "first_name": "John", "last_name": "Doe", "email": format!("john.doe.{number}@example.com"),
            "phone": "+1234567890", "country_code": "US", "password": PASSWORD,
        });
        load::post("/User1/create", JSON, &form.to_string())
    };
    let creates = Load { port: program.port(), connections: REGISTRARS, request: Arc::new(request) };
    creates.rate(WARM_UP).await;
    let rate = creates.rate(A_FIGURE).await;
    let what = format!("registrations committed, each with its mail (the cheapest Argon2id; {REGISTRARS} connections)");
    table.figure(what, rate, "/s");

    let mut fresh = Vec::new();
    for _ in 0..STARTS {
        fresh.push(start(&mut Program::new(&[])).await);
    }
    table.figure(format!("start to the first answer, in an empty folder (median of {STARTS})"), median(fresh), "ms");
    let mut existing = Vec::new();
    for _ in 0..STARTS {
        assert!(program.stop().await.success());
        existing.push(start(&mut program).await);
    }
    table.figure(format!("the same with the data of those registrations (median of {STARTS})"), median(existing), "ms");
}

/// Milliseconds from the start of the process to its first 200.
async fn start(program: &mut Program) -> f64 {
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

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// The secret that this program has made for its tokens.
fn secret(program: &Program) -> String {
    let secrets = fs::read_to_string(program.data().join("secrets.env")).unwrap();
    secrets.lines().find_map(|line| line.strip_prefix("JWT_SECRET=")).unwrap().to_owned()
}

/// Somebody who is logged in.
struct User {
    token: String,
    /// What `me` answers.
    answer: String,
}

impl User {
    async fn join(program: &Program) -> Self {
        let http = client();
        let form = json!({
            "first_name": "John", "last_name": "Doe", "email": EMAIL,
            "phone": "+1234567890", "country_code": "US", "password": PASSWORD,
        });
        let created = http.post(program.url("/User1/create")).json(&form).send().await.unwrap();
        assert_eq!(created.status(), 200);
        let link = loop {
            let mails = http.get(program.url("/dev/mailbox.json")).send().await.unwrap();
            let mails: Value = mails.json().await.unwrap();
            if let Some(link) = mails[0]["links"][0].as_str() {
                break link.to_owned();
            }
            sleep(Duration::from_millis(10)).await;
        };
        assert_eq!(http.get(link).send().await.unwrap().status(), 200);
        let login = http.post(program.url("/User1/login")).form(&[("username", EMAIL), ("password", PASSWORD)]);
        let entered: Value = login.send().await.unwrap().json().await.unwrap();
        let token = entered["access_token"].as_str().unwrap().to_owned();
        let me = http.get(program.url("/User1/me")).bearer_auth(&token).send().await.unwrap();
        Self { token, answer: me.text().await.unwrap() }
    }
}
