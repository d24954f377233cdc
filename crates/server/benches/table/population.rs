//! Many sessions of several users.

use std::sync::Arc;

use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::{
    figures::PASSWORD,
    load::{self, Connection, FORM},
    machine,
    process::{Program, client},
};

/// Number of concurrent clients that log in or refresh.
const AT_ONCE: usize = 16;

/// Sessions with their current tokens.
pub(crate) struct Population {
    port: u16,
    sessions: Vec<Tokens>,
}

struct Tokens {
    access: String,
    refresh: String,
}

impl Tokens {
    fn of(connection: &Connection) -> Self {
        let answer: Value = serde_json::from_slice(connection.body()).unwrap();
        let text = |name: &str| answer[name].as_str().unwrap().to_owned();
        Self { access: text("access_token"), refresh: text("refresh_token") }
    }
}

impl Population {
    /// Registers and verifies this number of users, and creates this number of sessions for each.
    pub(crate) async fn join(program: &Program, users: usize, sessions_each: usize) -> Self {
        let mut logins = Vec::new();
        for number in 0..users {
            let email = format!("jane.doe.{number}@example.com");
            register(program, &email).await;
            let login = load::post("/User1/login", FORM, &format!("username={email}&password={PASSWORD}"));
            logins.extend(std::iter::repeat_n(login, sessions_each));
        }
        Self::log_in(program.port(), logins).await
    }

    /// Sends these login requests.
    pub(crate) async fn log_in(port: u16, logins: Vec<Vec<u8>>) -> Self {
        Self { port, sessions: exchange(port, logins).await }
    }

    /// Refreshes all tokens.
    pub(crate) async fn refresh(&mut self) {
        let requests = self.sessions.drain(..).map(|tokens| load::refresh(&tokens.refresh)).collect();
        self.sessions = exchange(self.port, requests).await;
    }

    /// Refreshes all tokens, each at the path for its number. Returns the CPU time that the process uses for each, in
    /// microseconds.
    pub(crate) async fn refresh_at(&mut self, path: impl Fn(usize) -> String, process: u32) -> f64 {
        let form = |tokens: Tokens| format!("grant_type=refresh_token&refresh_token={}", tokens.refresh);
        let numbered = self.sessions.drain(..).enumerate();
        let requests: Vec<_> =
            numbered.map(|(number, tokens)| load::post(&path(number), FORM, &form(tokens))).collect();
        let (before, count) = (machine::processor_time(process), requests.len());
        self.sessions = exchange(self.port, requests).await;
        let used = machine::processor_time(process).saturating_sub(before);
        load::micros(used, u64::try_from(count).unwrap())
    }

    /// Returns one read request per access token.
    pub(crate) fn reads(&self, path: &str) -> Arc<Vec<Vec<u8>>> {
        self.reads_at(|_| path.to_owned())
    }

    /// Returns one read request per access token, at the path for its number.
    pub(crate) fn reads_at(&self, path: impl Fn(usize) -> String) -> Arc<Vec<Vec<u8>>> {
        let numbered = self.sessions.iter().enumerate();
        Arc::new(numbered.map(|(number, tokens)| load::get(&path(number), Some(&tokens.access))).collect())
    }
}

/// Sends requests that return a pair of tokens. Returns the pairs in the order of the requests, because the token of
/// a realm is used in that realm.
async fn exchange(port: u16, requests: Vec<Vec<u8>>) -> Vec<Tokens> {
    let mut tasks = JoinSet::new();
    for (at, share) in requests.chunks(requests.len().div_ceil(AT_ONCE)).enumerate() {
        let share = share.to_vec();
        tasks.spawn(async move {
            let (mut connection, mut pairs) = (Connection::open(port).await.unwrap(), Vec::new());
            for request in share {
                let status = connection.ask(&request).await.unwrap();
                assert_eq!(status, 200, "{}", String::from_utf8_lossy(connection.body()));
                pairs.push(Tokens::of(&connection));
            }
            (at, pairs)
        });
    }
    // The tasks complete in any order.
    let mut shares = tasks.join_all().await;
    shares.sort_by_key(|(at, _)| *at);
    shares.into_iter().flat_map(|(_, pairs)| pairs).collect()
}

async fn register(program: &Program, email: &str) {
    let http = client();
    let form = json!({
        "first_name": "Jane", "last_name": "Doe", "email": email,
        "phone": "+1234567890", "country_code": "US", "password": PASSWORD,
    });
    assert_eq!(http.post(program.url("/User1/create")).json(&form).send().await.unwrap().status(), 200);
    let link = loop {
        let mails = http.get(program.url("/dev/mailbox.json")).send().await.unwrap();
        let mails: Vec<Value> = mails.json().await.unwrap();
        let link = mails.iter().filter(|mail| mail["to"] == email).find_map(|mail| mail["links"][0].as_str());
        if let Some(link) = link {
            break link.to_owned();
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    };
    assert_eq!(http.get(link).send().await.unwrap().status(), 200);
}
