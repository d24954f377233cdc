//! The servers of a test, and user actions on them.

use std::time::{Duration, Instant};

use reqwest::{Client, StatusCode};
use serde_json::Value;

use super::PATIENCE;
use crate::support::{
    Person, json,
    mongod::TestDatabase,
    process::{CHEAP, Program, client},
    redis_server::RedisServer,
    smtp::{Options, SmtpServer},
};

const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

pub(super) struct Cluster {
    pub(super) servers: Vec<Program>,
    /// The database, unless the test provides its own.
    pub(super) database: Option<TestDatabase>,
    pub(super) redis: Option<RedisServer>,
    pub(super) smtp: SmtpServer,
    pub(super) http: Client,
}

impl Cluster {
    /// Starts three servers with their own database, and optionally with Redis.
    pub(super) async fn start(has_redis: bool, more: &[(&str, &str)]) -> Self {
        let database = TestDatabase::new().await;
        let redis = has_redis.then(RedisServer::start);
        let url = redis.as_ref().map(RedisServer::url);
        let addresses = [0, 1, 2].map(|_| (database.url.clone(), url.clone()));
        Self { database: Some(database), redis, ..Self::on(&addresses, more).await }
    }

    /// Starts a server for each of these addresses of MongoDB and Redis.
    pub(super) async fn on(addresses: &[(String, Option<String>)], more: &[(&str, &str)]) -> Self {
        let smtp = SmtpServer::start(Options::default()).await;
        let port = smtp.port().to_string();
        let mut servers = Vec::new();
        for (database, redis) in addresses {
            let mut settings = CHEAP.to_vec();
            settings.extend([
                ("ENCRYPTION_KEY", KEY),
                ("PUBLIC_URL", "http://accounts.test"),
                ("ENVIRONMENT", "development"),
                ("DATABASE_URL", database.as_str()),
                ("DATABASE_TIMEOUT", "15s"),
                ("MAIL_SERVER", "127.0.0.1"),
                ("MAIL_PORT", &port),
                ("MAIL_STARTTLS", "off"),
            ]);
            settings.extend(redis.as_deref().map(|url| ("REDIS_URL", url)));
            settings.extend(more);
            servers.push(Program::start(&settings).await);
        }
        Self { servers, database: None, redis: None, smtp, http: client() }
    }

    pub(super) fn url(&self, server: usize, path: &str) -> String {
        self.servers[server].url(path)
    }

    /// Registers and verifies a user, each step on another server.
    pub(super) async fn join(&self, person: &Person) {
        let created = self.http.post(self.url(0, "/User1/create")).json(&person.form()).send().await.unwrap();
        assert_eq!(created.status(), 200);
        let begun = Instant::now();
        let link = loop {
            let messages = self.smtp.messages();
            let theirs = messages.iter().filter(|mail| mail.to.iter().any(|to| to.contains(&person.email)));
            let links = theirs.flat_map(|mail| mail.links());
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

    pub(super) async fn log_in(&self, server: usize, person: &Person) -> String {
        let form = [("username", &person.email), ("password", &person.password)];
        let login = self.http.post(self.url(server, "/User1/login")).form(&form).send().await.unwrap();
        json(login, 200).await["access_token"].as_str().unwrap().to_owned()
    }

    pub(super) async fn status(&self, server: usize, token: &str) -> StatusCode {
        self.http.get(self.url(server, "/User1/me")).bearer_auth(token).send().await.unwrap().status()
    }

    /// Logs out on one server. Returns how long each of the others still accepts the token.
    pub(super) async fn felt(&self, john: &Person) -> Vec<Duration> {
        let token = self.log_in(0, john).await;
        for server in [0, 1, 2] {
            assert_eq!(self.status(server, &token).await, 200);
        }
        let out = self.http.post(self.url(0, "/User1/logout")).bearer_auth(&token).send().await.unwrap();
        assert_eq!(out.status(), 200);
        let ended = Instant::now();
        assert_eq!(self.status(0, &token).await, 401, "immediately on the server where it ended");
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

    pub(super) async fn health(&self, server: usize) -> Value {
        json(self.http.get(self.url(server, "/health")).send().await.unwrap(), 200).await
    }

    pub(super) async fn until_health(&self, status: &str) {
        let begun = Instant::now();
        for server in [0, 1, 2] {
            while self.health(server).await["status"] != status {
                assert!(begun.elapsed() < PATIENCE, "server {server} is not {status}: {}", self.servers[server].log());
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}
