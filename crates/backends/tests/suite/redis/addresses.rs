//! URL formats: TLS, sockets, users, databases. No message repeats a password.

use std::sync::Arc;

use portcullis_backends::redis::{Redis, Settings, check};
use portcullis_core::port::SharedCache;

use super::{RedisServer, connect, counters, settings, until, use_once};
use crate::redis_server::CA_PEM;

/// Returns whether Redis can be used at this URL, by counting the keys in its database.
async fn is_used(settings: &Settings) -> bool {
    let redis = Arc::new(Redis::start(settings).await.unwrap());
    for _ in 0..20 {
        if redis.is_up() {
            use_once(&counters(&redis)).await;
            return true;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    false
}

#[tokio::test]
async fn tls_is_used_with_the_authority_that_is_named_and_only_with_it() {
    let server = RedisServer::with_tls();
    let url = format!("rediss://localhost:{}", server.port);
    let trusted = Settings { ca_pem: Some(CA_PEM.to_vec()), ..settings(&url) };
    assert!(is_used(&trusted).await);
    assert!(!is_used(&settings(&url)).await, "the system does not know the authority");
    assert!(!is_used(&settings(&url.replace("rediss", "redis"))).await);
    let elsewhere = Settings { url: url.replace("localhost", "127.0.0.2").as_str().into(), ..trusted };
    assert!(!is_used(&elsewhere).await, "the certificate is for another host");
}

#[tokio::test]
async fn user_password_and_database_are_those_of_the_address() {
    let server = RedisServer::start();
    server.ask::<()>(&["ACL", "SETUSER", "app", "on", ">pa/ss@w#rd", "resetchannels", "~pc:*", "&pc:*", "+@all"]);
    let url = |user: &str| format!("redis://{user}127.0.0.1:{}/3", server.port);
    assert!(is_used(&settings(&url("app:pa%2Fss%40w%23rd@"))).await);
    let keys = server.ask::<String>(&["INFO", "keyspace"]);
    assert!(keys.contains("db3:") && !keys.contains("db0:"), "{keys}");
    server.ask::<()>(&["CONFIG", "SET", "requirepass", "hushhush"]);
    assert!(is_used(&settings(&url(":hushhush@"))).await);
    for wrong in ["", ":wrong@", "app:wrong@"] {
        assert!(!is_used(&settings(&url(wrong))).await, "{wrong}");
    }
}

#[tokio::test]
async fn a_socket_of_this_machine_is_an_address_too() {
    let server = RedisServer::start();
    assert!(is_used(&settings(&format!("unix://{}?db=2", server.socket().display()))).await);
    assert!(server.ask::<String>(&["INFO", "keyspace"]).contains("db2:"));
}

#[tokio::test]
async fn keys_of_deployments_with_different_prefixes_are_apart() {
    let server = RedisServer::start();
    for prefix in ["one", "two"] {
        assert!(is_used(&Settings { prefix: prefix.to_owned(), ..settings(&server.url()) }).await);
        let keys: Vec<String> = server.ask(&["KEYS", &format!("{prefix}:{{*}}:l")]);
        assert_eq!(keys.len(), 1);
    }
}

#[test]
fn addresses_that_cannot_be_used_are_rejected_without_repeating_them() {
    for url in [
        "redis://",
        "redis://:hushhush@",
        "redis://app:hush/hush@cache:6379",
        "rediss://app:hushhush@cache#insecure",
        "redis://app:hushhush@cache/first",
        "http://app:hushhush@cache",
        "redis-sentinel://app:hushhush@one,two:port/0?name=accounts",
        "redis-sentinel://app:hushhush@one,two/0",
        "redis-sentinel://app:hushhush@one,two/first?name=accounts",
    ] {
        let error = check(&settings(url)).expect_err(url).to_string();
        assert!(!error.contains("hush") && error.contains("REDIS_URL"), "{error}");
    }
    let good = [
        "redis://cache",
        "rediss://app:s@cache:1/2",
        "unix:///run/redis.sock",
        "redis-sentinel://[::1]:26379,b/1?name=n",
    ];
    for url in good {
        check(&settings(url)).unwrap();
        assert!(!format!("{:?}", settings(url)).contains("cache"));
    }
    let wrong = Settings { ca_pem: Some(b"-----BEGIN CERTIFICATE-----\nnone".to_vec()), ..settings("rediss://cache") };
    assert!(check(&wrong).unwrap_err().to_string().contains("REDIS_CA_FILE"));
}

#[tokio::test]
async fn nothing_that_is_printed_shows_the_address() {
    let server = RedisServer::start();
    let redis = connect(&format!("redis://:hushhush@127.0.0.1:{}", server.port)).await;
    until("known", async || !format!("{redis:?}").is_empty()).await;
    assert!(!format!("{redis:?}").contains("hushhush"));
}
