//! Outages of MongoDB: requests fail quickly, and the connection recovers without intervention.

use std::time::{Duration, Instant};

use reqwest::{Client, RequestBuilder};
use serde_json::Value;

use crate::support::{
    Person,
    mongod::{Mongod, ReplicaSet},
    process::{CHEAP, Program, client},
};

/// Servers that share a database need the same key.
const KEY: (&str, &str) = ("ENCRYPTION_KEY", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=");
/// Maximum response time while the database is unavailable.
const SOON: Duration = Duration::from_secs(2);
/// Maximum recovery time after the database is back.
const BACK: Duration = Duration::from_secs(5);

/// The program with a replica set of one member, and a signed-in user.
struct Place {
    program: Program,
    set: ReplicaSet,
    http: Client,
    john: Person,
    login: Value,
}

impl Place {
    async fn open() -> Self {
        let set = ReplicaSet::start(1).await;
        let url = set.url();
        let program = Program::start(&[CHEAP, &[KEY, ("DATABASE_URL", url.as_str())]].concat()).await;
        let mut place =
            Self { program, set, http: client(), john: Person::new("john@example.com"), login: Value::Null };
        assert_eq!(place.create("john@example.com").send().await.unwrap().status(), 200);
        let link = place.link().await;
        assert_eq!(place.http.get(link).send().await.unwrap().status(), 200);
        place.login = place.log_in().send().await.unwrap().json().await.unwrap();
        place
    }

    async fn link(&self) -> String {
        loop {
            let list: Value =
                self.http.get(self.program.url("/dev/mailbox.json")).send().await.unwrap().json().await.unwrap();
            if let Some(link) = list[0]["links"][0].as_str() {
                return link.to_owned();
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    fn url(&self, page: &str) -> String {
        self.program.url(&format!("/User1/{page}"))
    }

    fn create(&self, email: &str) -> RequestBuilder {
        self.http.post(self.url("create")).json(&Person::new(email).form())
    }

    fn log_in(&self) -> RequestBuilder {
        let form = [("username", self.john.email.as_str()), ("password", &self.john.password)];
        self.http.post(self.url("login")).form(&form)
    }

    fn me(&self) -> RequestBuilder {
        self.http.get(self.url("me")).bearer_auth(self.login["access_token"].as_str().unwrap())
    }

    fn refresh(&self) -> RequestBuilder {
        let token = self.login["refresh_token"].as_str().unwrap();
        self.http.post(self.url("token")).form(&[("grant_type", "refresh_token"), ("refresh_token", token)])
    }

    /// Asserts that every request fails quickly, with a `Retry-After`.
    async fn is_away(&self) {
        // Cached sessions are trusted for a second.
        tokio::time::sleep(Duration::from_secs(1)).await;
        let forget = self.http.post(self.url("forget_password")).form(&[("email", &self.john.email)]);
        for request in [self.log_in(), self.create("jane@example.com"), self.me(), self.refresh(), forget] {
            let asked = Instant::now();
            let answer = request.send().await.unwrap();
            assert_eq!(answer.status(), 503, "{}", answer.url());
            assert!(answer.headers().contains_key("retry-after"), "{}", answer.url());
            assert!(asked.elapsed() < SOON + Duration::from_millis(500), "{}: {:?}", answer.url(), asked.elapsed());
        }
        let status = async |page| self.http.get(self.program.url(page)).send().await.unwrap().status();
        assert_eq!(status("/livez").await, 200);
        assert_eq!(status("/readyz").await, 503);
    }

    /// Asserts that the program reconnects without intervention.
    async fn is_back(&self) {
        let begin = Instant::now();
        while self.log_in().send().await.unwrap().status() != 200 {
            assert!(begin.elapsed() < BACK, "it does not find the database again:\n{}", self.program.log());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert_eq!(self.me().send().await.unwrap().status(), 200, "no session was ended by it");
        assert_eq!(self.http.get(self.program.url("/readyz")).send().await.unwrap().status(), 200);
    }

    fn server(&mut self) -> &mut Mongod {
        &mut self.set.members[0]
    }
}

#[tokio::test]
async fn while_mongodb_is_stopped_requests_fail_quickly_and_the_connection_recovers() {
    let mut place = Place::open().await;
    place.server().kill();
    place.is_away().await;
    // Reading the outbox fails every second, but is logged once.
    let log = place.program.log();
    let faults: Vec<_> = log.lines().filter(|line| line.contains("the outbox cannot be read")).collect();
    assert!(faults.len() <= 3, "one for each channel: {log}");
    place.server().start();
    place.set.primary().await;
    place.is_back().await;
}

#[tokio::test]
async fn while_mongodb_hangs_requests_fail_quickly_and_the_connection_recovers() {
    let mut place = Place::open().await;
    place.server().pause();
    place.is_away().await;
    place.server().go_on();
    place.set.primary().await;
    place.is_back().await;
}

#[tokio::test]
async fn startup_waits_for_mongodb_and_logs_it() {
    let mut set = ReplicaSet::start(1).await;
    let url = set.url();
    set.members[0].kill();
    let mut program = Program::new(&[CHEAP, &[KEY, ("DATABASE_URL", url.as_str())]].concat());
    program.spawn();
    let begin = Instant::now();
    while !program.log().contains("waiting for the database") {
        assert!(program.is_running() && begin.elapsed() < Duration::from_secs(20), "{}", program.log());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    set.members[0].start();
    program.ready().await;
    drop(program);

    let impatient = Program::new(
        &[CHEAP, &[KEY, ("DATABASE_URL", "mongodb://u:hushhush@127.0.0.1:9"), ("DATABASE_WAIT_TIMEOUT", "1s")]]
            .concat(),
    );
    let ended = impatient.run(&[]);
    assert!(!ended.status.success());
    assert!(ended.stderr.contains("127.0.0.1:9 cannot be reached"), "{}", ended.stderr);
    assert!(!ended.stderr.contains("hushhush"), "{}", ended.stderr);
}
