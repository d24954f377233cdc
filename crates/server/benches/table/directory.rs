//! Administration of many users: lists, searches and pages of the dashboard, on SQLite and on MongoDB.

use std::{sync::Arc, time::Duration};

use portcullis_backends::hash::Settings;
use serde_json::{Value, json};

use crate::{
    figures::{KEY, PASSWORD, WARM_UP},
    load::{self, FORM, Load, percentile},
    machine,
    mongod::TestDatabase,
    process::{Program, client},
    written,
};

const OWNER: &str = "owner@example.com";
const REALMS: &str = "User1,User2";
/// Logins and searches are measured with the default hash, and with limits off because they come from one address.
const SETTINGS: [(&str, &str); 4] = [KEY, ("REALMS", REALMS), ("RATE_LIMIT_MODE", "off"), ("HASH_QUEUE", "10000")];
/// Number of concurrent clients that log in.
const CLIENTS: usize = 4;
const LENGTH: Duration = Duration::from_secs(10);
const LIST: &str = "/v1/admin/realms/User1/users?limit=50";
const SEARCH: &str = "/v1/admin/realms/User1/users/search";
/// Words that no user has, so that every profile is opened.
const NOT_FOUND: &str = "nomatch";

/// Prints a table for this number of users.
pub(crate) async fn tell(users: usize) {
    let mut sqlite = Program::start(&SETTINGS).await;
    assert!(sqlite.stop().await.success());
    written::fill(&*written::sqlite(&sqlite), &realms(), users, Settings::default()).await;
    sqlite.spawn();
    sqlite.ready().await;
    let ours = measure(&sqlite, users).await;
    drop(sqlite);

    let database = TestDatabase::new().await;
    let mongodb = Program::start(&[SETTINGS.as_slice(), &[("DATABASE_URL", database.url.as_str())]].concat()).await;
    let store = written::mongodb(&database, &realms()).await;
    written::fill(&*store, &realms(), users, Settings::default()).await;
    let theirs = measure(&mongodb, users).await;

    println!("| {users} users | SQLite | MongoDB |\n|---|--:|--:|");
    for ((what, ours), (_, theirs)) in ours.iter().zip(&theirs) {
        println!("| {what} | {ours} | {theirs} |");
    }
    println!("\n{}.", machine::line());
}

fn realms() -> Vec<String> {
    REALMS.split(',').map(str::to_owned).collect()
}

async fn measure(program: &Program, users: usize) -> Vec<(&'static str, String)> {
    let cookie = owner(program).await;
    let first = known(program, &cookie).await;
    let resident = machine::resident(program.id());
    let timed = async |request: Vec<u8>| {
        let taken = Load::same(program.port(), 1, request).latencies(WARM_UP * 3).await;
        format!("{:.1} ms, {:.1} ms", percentile(&taken, 50), percentile(&taken, 99))
    };
    let mut rows = Vec::new();
    for (what, path) in [
        ("dashboard: overview (median, 99th percentile)", "/admin".to_owned()),
        ("dashboard: list of users", "/admin/realms/User1/users".to_owned()),
        ("dashboard: a user", format!("/admin/realms/User1/users/{first}")),
        ("API: list of 50 users", LIST.to_owned()),
    ] {
        rows.push((what, timed(get(&path, &cookie)).await));
    }
    let email = json!({ "email": "jane.doe.0@example.com" });
    rows.push(("API: search by address", timed(post(&email, &cookie)).await));
    let words = json!({ "q": NOT_FOUND });
    rows.push(("API: search by words, users per second", format!("{:.0}", searched(program, &words, &cookie).await)));

    let logins = logins(program, users);
    logins.latencies(WARM_UP).await;
    let alone = percentile(&logins.latencies(LENGTH).await, 99);
    let searches = Load::same(program.port(), 1, post(&words, &cookie));
    let (beside, _) = tokio::join!(logins.latencies(LENGTH), searches.latencies(LENGTH));
    let beside = percentile(&beside, 99);
    rows.push(("99th percentile of logins", format!("{alone:.0} ms")));
    rows.push(("the same beside searches by words", format!("{beside:.0} ms, {:.2} times", beside / alone)));
    let then = machine::resident(program.id());
    rows.push(("resident memory before and after", format!("{resident:.1} MiB, {then:.1} MiB")));
    rows
}

/// Returns the number of users per second that a search by words opens.
async fn searched(program: &Program, words: &Value, cookie: &str) -> f64 {
    let begin = std::time::Instant::now();
    let answer = client().post(program.url(SEARCH)).header("cookie", cookie).header("sec-fetch-site", "same-origin");
    let page: Value = answer.json(words).send().await.unwrap().json().await.unwrap();
    let scanned = u32::try_from(page["scanned"].as_u64().unwrap()).unwrap();
    f64::from(scanned) / begin.elapsed().as_secs_f64()
}

fn logins(program: &Program, users: usize) -> Load {
    let (step, names) = (users / 1000, realms());
    let login = |number: usize| {
        let (realm, email) = written::place(number * step, &names);
        load::post(&format!("/{realm}/login"), FORM, &format!("username={email}&password={PASSWORD}"))
    };
    Load::in_order(program.port(), CLIENTS, Arc::new((0..1000).map(login).collect()))
}

/// Invites the first owner and signs in. Returns the cookie.
async fn owner(program: &Program) -> String {
    let invited = program.run(&["admins", "invite", OWNER, "--role", "owner", "--print"]);
    assert!(invited.status.success(), "{}", invited.stderr);
    let link = invited.stdout.trim();
    let http = client();
    let form = [("password", PASSWORD)];
    let set = http.post(link.replace("reset_password_form", "reset_password")).form(&form).send().await.unwrap();
    assert_eq!(set.status(), 200);
    let body = json!({ "email": OWNER, "password": PASSWORD });
    let answer = http.post(program.url("/v1/admin/sign_in")).json(&body).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let cookie = answer.headers()["set-cookie"].to_str().unwrap();
    cookie.split(';').next().unwrap().to_owned()
}

/// Returns the id of a user.
async fn known(program: &Program, cookie: &str) -> String {
    let answer = client().get(program.url(LIST)).header("cookie", cookie).send().await.unwrap();
    let page: Value = answer.json().await.unwrap();
    page["items"][0]["id"].as_str().unwrap().to_owned()
}

fn get(path: &str, cookie: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookie}\r\n\r\n").into_bytes()
}

fn post(body: &Value, cookie: &str) -> Vec<u8> {
    let body = body.to_string();
    let head =
        format!("POST {SEARCH} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nCookie: {cookie}");
    format!("{head}\r\nSec-Fetch-Site: same-origin\r\nContent-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}
