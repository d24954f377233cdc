//! Three servers over one MongoDB, with and without Redis, as programs of their own.
#![allow(clippy::print_stdout, reason = "figures of latency belong to the output of a run")]

use std::{
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use mongodb::bson::{Document, doc};
use reqwest::{Client, StatusCode};
use serde_json::{Value, json as value};

use crate::support::{
    Person, json,
    mongod::TestDatabase,
    process::{CHEAP, Program, client},
    redis_server::RedisServer,
    smtp::{Options, SmtpServer},
};

const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
/// Most that a test waits for what happens in the background.
const PATIENCE: Duration = Duration::from_secs(60);

struct Cluster {
    servers: Vec<Program>,
    database: TestDatabase,
    redis: Option<RedisServer>,
    smtp: SmtpServer,
    http: Client,
}

impl Cluster {
    async fn start(has_redis: bool, more: &[(&str, &str)]) -> Self {
        let (database, smtp) = (TestDatabase::new().await, SmtpServer::start(Options::default()).await);
        let redis = has_redis.then(RedisServer::start);
        let (port, redis_url) = (smtp.port().to_string(), redis.as_ref().map(RedisServer::url));
        let mut settings = CHEAP.to_vec();
        settings.extend([
            ("ENCRYPTION_KEY", KEY),
            ("PUBLIC_URL", "http://accounts.test"),
            ("ENVIRONMENT", "development"),
            ("DATABASE_URL", database.url.as_str()),
            ("DATABASE_TIMEOUT", "15s"),
            ("MAIL_SERVER", "127.0.0.1"),
            ("MAIL_PORT", &port),
            ("MAIL_STARTTLS", "off"),
        ]);
        settings.extend(redis_url.as_deref().map(|url| ("REDIS_URL", url)));
        settings.extend(more);
        let mut servers = Vec::new();
        for _ in 0..3 {
            servers.push(Program::start(&settings).await);
        }
        Self { servers, database, redis, smtp, http: client() }
    }

    fn url(&self, server: usize, path: &str) -> String {
        self.servers[server].url(path)
    }

    /// Registers and verifies a person, each step at another server.
    async fn join(&self, person: &Person) {
        let created = self.http.post(self.url(0, "/User1/create")).json(&person.form()).send().await.unwrap();
        assert_eq!(created.status(), 200);
        let begun = Instant::now();
        let link = loop {
            let messages = self.smtp.messages();
            let links =
                messages.iter().filter(|mail| mail.text().contains("/verify?token=")).flat_map(|mail| mail.links());
            if let Some(link) = links.into_iter().find(|link| link.contains("/verify?token=")) {
                break link;
            }
            assert!(begun.elapsed() < PATIENCE, "no link was sent");
            tokio::time::sleep(Duration::from_millis(10)).await;
        };
        let path = link.strip_prefix("http://accounts.test").unwrap();
        let opened = self.http.get(self.url(1, path)).header("Accept", "application/json").send().await.unwrap();
        assert_eq!(opened.status(), 200);
    }

    async fn log_in(&self, server: usize, person: &Person) -> String {
        let form = [("username", &person.email), ("password", &person.password)];
        let login = self.http.post(self.url(server, "/User1/login")).form(&form).send().await.unwrap();
        json(login, 200).await["access_token"].as_str().unwrap().to_owned()
    }

    async fn status(&self, server: usize, token: &str) -> StatusCode {
        self.http.get(self.url(server, "/User1/me")).bearer_auth(token).send().await.unwrap().status()
    }

    /// Logs out at one server; returns how long each of the others still accepts the token.
    async fn felt(&self, john: &Person) -> Vec<Duration> {
        let token = self.log_in(0, john).await;
        for server in [0, 1, 2] {
            assert_eq!(self.status(server, &token).await, 200);
        }
        let out = self.http.post(self.url(0, "/User1/logout")).bearer_auth(&token).send().await.unwrap();
        assert_eq!(out.status(), 200);
        let ended = Instant::now();
        assert_eq!(self.status(0, &token).await, 401, "at once where it ended");
        let other = async |server| {
            while self.status(server, &token).await != 401 {
                assert!(ended.elapsed() < Duration::from_secs(5), "the logout was not felt");
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
            ended.elapsed()
        };
        let (one, two) = tokio::join!(other(1), other(2));
        vec![one, two]
    }

    async fn health(&self, server: usize) -> Value {
        json(self.http.get(self.url(server, "/health")).send().await.unwrap(), 200).await
    }

    async fn until_health(&self, status: &str) {
        let begun = Instant::now();
        for server in [0, 1, 2] {
            while self.health(server).await["status"] != status {
                assert!(begun.elapsed() < PATIENCE, "server {server} is not {status}: {}", self.servers[server].log());
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}

#[tokio::test]
async fn mongodb_what_one_server_ends_the_others_feel_within_a_second_with_and_without_redis() {
    for has_redis in [true, false] {
        let cluster = Cluster::start(has_redis, &[]).await;
        let john = Person::new("john@example.com");
        cluster.join(&john).await;
        let mut times = Vec::new();
        for _ in 0..25 {
            times.extend(cluster.felt(&john).await);
        }
        times.sort();
        let (median, longest) = (times[times.len() / 2], times[times.len() - 1]);
        println!(
            "revocation felt elsewhere, Redis {has_redis}: {} times, median {median:?}, longest {longest:?}",
            times.len()
        );
        assert!(longest < Duration::from_secs(1), "{times:?}");
    }
}

#[tokio::test]
async fn mongodb_and_redis_count_a_client_for_all_servers_together() {
    let limits = [("RATE_LIMIT_MODE", "enforce"), ("LIMIT_LINKS_CLIENT", "6/1m")];
    for (has_redis, allowed) in [(true, 6), (false, 18)] {
        let cluster = Cluster::start(has_redis, &limits).await;
        let mut refused = 0;
        for attempt in 0..24 {
            let request = cluster.http.get(cluster.url(attempt % 3, "/User1/verify?token=wrong"));
            let answer = request.header("Accept", "application/json").send().await.unwrap();
            match answer.status().as_u16() {
                400 => assert_eq!(refused, 0),
                429 => refused += 1,
                other => panic!("{other}"),
            }
        }
        assert_eq!(refused, 24 - allowed, "Redis {has_redis}");
    }
}

#[tokio::test]
async fn mongodb_alone_carries_everything_while_redis_is_away_or_emptied() {
    let mut cluster = Cluster::start(true, &[]).await;
    let john = Person::new("john@example.com");
    cluster.join(&john).await;
    cluster.until_health("healthy").await;
    assert_eq!(cluster.health(1).await, value!({"status": "healthy", "database": "healthy", "redis": "healthy"}));
    let kept = cluster.log_in(1, &john).await;
    let away: [fn(&mut RedisServer); 3] =
        [|redis| redis.kill(), |redis| redis.pause(), |redis| redis.ask::<()>(&["FLUSHALL"])];
    let back: [fn(&mut RedisServer); 3] = [|redis| redis.spawn(), |redis| redis.go_on(), |_| {}];
    for (number, (away, back)) in away.into_iter().zip(back).enumerate() {
        away(cluster.redis.as_mut().unwrap());
        if number < 2 {
            cluster.until_health("degraded").await;
            assert_eq!(cluster.http.get(cluster.url(0, "/readyz")).send().await.unwrap().status(), 200);
        }
        for server in [0, 1, 2] {
            assert_eq!(cluster.status(server, &kept).await, 200, "no user is logged out");
        }
        for time in cluster.felt(&john).await {
            assert!(time < Duration::from_secs(1), "{time:?}");
        }
        back(cluster.redis.as_mut().unwrap());
        cluster.until_health("healthy").await;
    }
    for server in &cluster.servers {
        let log = server.log();
        assert_eq!((log.matches("redis unavailable").count(), log.matches("redis available").count()), (2, 3), "{log}");
    }
}

#[tokio::test]
async fn mongodb_hands_each_mail_to_one_of_three_workers() {
    let cluster = Cluster::start(true, &[]).await;
    let create = |number: usize| {
        let form = Person::new(&format!("person-{number}@example.com")).form();
        cluster.http.post(cluster.url(number % 3, "/User1/create")).json(&form).send()
    };
    for created in futures_util::future::join_all((0..30).map(create)).await {
        assert_eq!(created.unwrap().status(), 200);
    }
    cluster.smtp.wait_for(30).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(cluster.smtp.messages().len(), 30, "each once");
}

#[tokio::test]
async fn mongodb_has_a_line_of_each_server_and_one_server_sweeps() {
    let mut cluster = Cluster::start(false, &[]).await;
    let records = cluster.database.db().await.collection::<Document>("_records");
    let lines = async || records.count_documents(doc! { "_id.realm": "admin", "_id.kind": "node" }).await.unwrap();
    let begun = Instant::now();
    let leases = async || records.count_documents(doc! { "_id.kind": "lease" }).await.unwrap();
    while lines().await != 3 || leases().await != 1 {
        assert!(begun.elapsed() < PATIENCE);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(cluster.servers[0].stop().await.success());
    assert_eq!(lines().await, 2, "a server that stops removes its line");
}

/// A balancer asks each server whether it is ready, as HAProxy does, and sends no request to one that is not.
#[tokio::test]
async fn mongodb_and_a_restart_of_one_server_after_the_other_fail_no_request() {
    let mut cluster = Cluster::start(true, &[("DRAIN_DELAY", "1s"), ("SESSIONS_MAX", "10000")]).await;
    let john = Person::new("john@example.com");
    cluster.join(&john).await;
    let token = cluster.log_in(0, &john).await;
    let urls: Vec<String> = (0..3).map(|server| cluster.url(server, "")).collect();
    let ready: Vec<AtomicBool> = urls.iter().map(|_| AtomicBool::new(true)).collect();
    let (done, served, failed) = (AtomicBool::new(false), AtomicUsize::new(0), AtomicUsize::new(0));
    let check = async |server: usize| {
        while !done.load(Ordering::Relaxed) {
            let answer = client().get(format!("{}/readyz", urls[server])).send().await;
            ready[server].store(answer.is_ok_and(|answer| answer.status() == 200), Ordering::Relaxed);
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let load = async |visitor: usize| {
        let http = client();
        let mut turn = visitor;
        while !done.load(Ordering::Relaxed) {
            turn += 1;
            let Some(server) =
                (0..3).map(|step| (turn + step) % 3).find(|server| ready[*server].load(Ordering::Relaxed))
            else {
                failed.fetch_add(1, Ordering::Relaxed);
                tokio::time::sleep(Duration::from_millis(10)).await;
                continue;
            };
            let answer = if turn.is_multiple_of(10) {
                let form = [("username", &john.email), ("password", &john.password)];
                http.post(format!("{}/User1/login", urls[server])).form(&form).send().await
            } else {
                http.get(format!("{}/User1/me", urls[server])).bearer_auth(&token).send().await
            };
            match answer {
                Ok(answer) if answer.status() == 200 => served.fetch_add(1, Ordering::Relaxed),
                other => {
                    println!("{:?}", other.map(|answer| answer.status()));
                    failed.fetch_add(1, Ordering::Relaxed)
                }
            };
        }
    };
    let restart = async |servers: &mut Vec<Program>| {
        for server in servers {
            tokio::time::sleep(Duration::from_millis(500)).await;
            assert!(server.stop().await.success(), "{}", server.log());
            server.spawn();
            server.ready().await;
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        done.store(true, Ordering::Relaxed);
    };
    tokio::join!(restart(&mut cluster.servers), check(0), check(1), check(2), load(0), load(1), load(2), load(3));
    println!("rolling restart: {served:?} requests served, {failed:?} failed");
    assert_eq!(failed.into_inner(), 0);
    assert!(served.into_inner() > 100);
}
