//! Users on several servers while parts of the system fail, and the checks of the acknowledged changes.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use reqwest::{Client, RequestBuilder};
use serde_json::Value;
use tokio::{task::JoinSet, time::sleep};

use super::{Cluster, PATIENCE};
use crate::support::{Person, process::client};

/// Maximum time that a server may still accept a session ended by another: a second, and an allowance for a busy
/// machine.
const FELT: Duration = Duration::from_secs(3);

/// Observations of the users.
#[derive(Default)]
struct Seen {
    is_over: AtomicBool,
    served: AtomicUsize,
    /// Requests answered with 503, or not at all.
    refused: AtomicUsize,
    ended: Mutex<Vec<String>>,
    /// How long other servers accepted sessions ended by one server.
    felt: Mutex<Vec<Duration>>,
    /// Maximum time that any user received no response other than 503.
    longest: Mutex<Duration>,
}

impl Seen {
    fn paused(&self, pause: Duration) {
        let mut longest = self.longest.lock().unwrap();
        *longest = pause.max(*longest);
    }
}

/// Users, each with a session that is kept for the whole run, and others that are created, refreshed and ended.
pub(super) struct Crowd {
    seen: Arc<Seen>,
    users: JoinSet<String>,
    urls: Vec<String>,
}

struct User {
    person: Person,
    urls: Vec<String>,
    http: Client,
    seen: Arc<Seen>,
    turn: usize,
    /// Time since which nothing was served.
    since: Option<Instant>,
}

impl Crowd {
    /// Registers the users and starts them.
    pub(super) async fn gather(cluster: &Cluster, number: usize) -> Self {
        let urls: Vec<_> = (0..cluster.servers.len()).map(|server| cluster.url(server, "/User1")).collect();
        let (seen, mut users) = (Arc::new(Seen::default()), JoinSet::new());
        for number in 0..number {
            let person = Person::new(&format!("user-{number}@example.com"));
            cluster.join(&person).await;
            let kept = cluster.log_in(number % urls.len(), &person).await;
            let user =
                User { person, urls: urls.clone(), http: client(), seen: Arc::clone(&seen), turn: number, since: None };
            users.spawn(user.live(kept));
        }
        Self { seen, users, urls }
    }

    /// Ends the run. Every kept session must be live on every server, and every ended one rejected.
    pub(super) async fn part(mut self, what: &str) {
        self.seen.is_over.store(true, Ordering::Relaxed);
        let mut kept = Vec::new();
        while let Some(user) = self.users.join_next().await {
            kept.push(user.unwrap());
        }
        let ended = self.seen.ended.lock().unwrap().clone();
        for url in &self.urls {
            for (tokens, wanted) in [(&kept, 200), (&ended, 401)] {
                for token in tokens {
                    assert_eq!(settled(url, token).await, wanted, "{what}: {url}");
                }
            }
        }
        let mut felt = self.seen.felt.lock().unwrap().clone();
        felt.sort();
        let at = |part: usize| felt.get((felt.len() * part / 100).min(felt.len().saturating_sub(1))).copied();
        let (served, refused) = (self.seen.served.load(Ordering::Relaxed), self.seen.refused.load(Ordering::Relaxed));
        println!(
            "{what}: {served} requests served, {refused} refused with 503, longest pause {:?}; {} sessions kept, {} ended, \
             felt elsewhere p50 {:?}, p99 {:?}, longest {:?}",
            self.seen.longest.lock().unwrap(),
            kept.len(),
            ended.len(),
            at(50),
            at(99),
            felt.last()
        );
        assert!(served > 100 && !ended.is_empty());
    }

    /// Returns the number of requests served so far.
    pub(super) fn served(&self) -> usize {
        self.seen.served.load(Ordering::Relaxed)
    }
}

/// Returns the status for this token once it is not 503.
async fn settled(url: &str, token: &str) -> u16 {
    let (http, begun) = (client(), Instant::now());
    loop {
        match http.get(format!("{url}/me")).bearer_auth(token).send().await {
            Ok(answer) if answer.status() != 503 => return answer.status().as_u16(),
            other => assert!(begun.elapsed() < PATIENCE, "{:?}", other.map(|answer| answer.status())),
        }
        sleep(Duration::from_millis(50)).await;
    }
}

impl User {
    async fn live(mut self, kept: String) -> String {
        while !self.seen.is_over.load(Ordering::Relaxed) {
            self.round(&kept).await;
        }
        kept
    }

    /// Performs one session from login to its end. If a step fails, the round ends, because the outcome is unknown.
    async fn round(&mut self, kept: &str) -> Option<()> {
        let form = [("username", self.person.email.clone()), ("password", self.person.password.clone())];
        let opened = self.ask(|http, url| http.post(format!("{url}/login")).form(&form), &[200]).await?;
        let (token, first) = (text(&opened, "access_token"), text(&opened, "refresh_token"));
        self.ask(|http, url| http.get(format!("{url}/me")).bearer_auth(&token), &[200]).await?;
        self.ask(|http, url| http.get(format!("{url}/me")).bearer_auth(kept), &[200]).await?;
        let second = text(&self.refresh(&first, &[200]).await?, "refresh_token");
        if self.turn.is_multiple_of(2) {
            self.ask(|http, url| http.post(format!("{url}/logout")).bearer_auth(&token), &[200]).await?;
        } else {
            let third = self.refresh(&second, &[200]).await?;
            // Using a token again after its successor was used ends the session.
            self.refresh(&first, &[400, 401]).await?;
            drop(third);
        }
        self.is_felt(token).await;
        Some(())
    }

    async fn refresh(&mut self, token: &str, allowed: &[u16]) -> Option<Value> {
        let form = [("grant_type", "refresh_token"), ("refresh_token", token)];
        self.ask(|http, url| http.post(format!("{url}/token")).form(&form), allowed).await
    }

    /// Sends a request to the next server. Returns `None` if the response was 503 or missing.
    async fn ask(&mut self, request: impl Fn(&Client, &str) -> RequestBuilder, allowed: &[u16]) -> Option<Value> {
        self.turn += 1;
        let (url, asked) = (&self.urls[self.turn % self.urls.len()], Instant::now());
        match request(&self.http, url).send().await {
            Ok(answer) if answer.status() != 503 => {
                let (status, path) = (answer.status().as_u16(), answer.url().path().to_owned());
                let body: Value = answer.json().await.unwrap_or_default();
                assert!(allowed.contains(&status), "{path}: {status} {body}");
                self.seen.served.fetch_add(1, Ordering::Relaxed);
                self.since = None;
                Some(body)
            }
            _ => {
                self.seen.refused.fetch_add(1, Ordering::Relaxed);
                let pause = self.since.get_or_insert(asked).elapsed();
                self.seen.paused(pause);
                sleep(Duration::from_millis(20)).await;
                None
            }
        }
    }

    /// Asserts that every server soon rejects an ended session. A 503 is also correct, because the server then trusts
    /// nothing.
    async fn is_felt(&self, token: String) {
        let ended = Instant::now();
        for url in &self.urls {
            loop {
                let answer = self.http.get(format!("{url}/me")).bearer_auth(&token).send().await;
                match answer.map(|answer| answer.status().as_u16()) {
                    Ok(200) => assert!(ended.elapsed() < FELT, "{url} accepts a session that ended"),
                    Ok(401) => break,
                    Ok(503) | Err(_) => {
                        if ended.elapsed() > FELT {
                            break;
                        }
                    }
                    other => panic!("{other:?}"),
                }
                sleep(Duration::from_millis(5)).await;
            }
        }
        self.seen.felt.lock().unwrap().push(ended.elapsed());
        self.seen.ended.lock().unwrap().push(token);
    }
}

fn text(body: &Value, name: &str) -> String {
    body[name].as_str().unwrap().to_owned()
}
