//! Redis fails in every way, and the primary of MongoDB is killed repeatedly, while users are active.

use std::{
    fs,
    time::{Duration, Instant},
};

use tokio::time::sleep;

use super::{Cluster, Crowd, PATIENCE};
use crate::support::{
    mongod::{ReplicaSet, TestDatabase},
    redis_server::RedisServer,
    relay::Relay,
};

/// Number of times the primary is killed.
const KILLS: usize = 50;
/// Duration of each state of Redis.
const LASTS: Duration = Duration::from_secs(5);
const MANY_SESSIONS: (&str, &str) = ("SESSIONS_MAX", "1000");

#[tokio::test(flavor = "multi_thread")]
#[ignore = "soak"]
async fn mongodb_keeps_every_promise_while_redis_is_stopped_paused_slow_emptied_and_restored() {
    let database = TestDatabase::new().await;
    // It can dump its memory to a file, which the test restores later.
    let mut redis = RedisServer::with(&["--dbfilename", "old.rdb"]);
    let relay = Relay::to(redis.port).await;
    let address = (database.url.clone(), Some(format!("redis://127.0.0.1:{}", relay.port)));
    let cluster = Cluster::on(&[address.clone(), address.clone(), address], &[MANY_SESSIONS]).await;
    let crowd = Crowd::gather(&cluster, 4).await;

    sleep(LASTS).await;
    redis.ask::<()>(&["SAVE"]);
    let old = fs::read(redis.folder().join("old.rdb")).unwrap();

    redis.kill();
    cluster.until_health("degraded").await;
    sleep(LASTS).await;
    redis.spawn();
    cluster.until_health("healthy").await;

    redis.pause();
    cluster.until_health("degraded").await;
    sleep(LASTS).await;
    redis.go_on();
    cluster.until_health("healthy").await;

    relay.slow(Duration::from_secs(5));
    cluster.until_health("degraded").await;
    sleep(LASTS).await;
    relay.open();
    cluster.until_health("healthy").await;

    relay.cut();
    cluster.until_health("degraded").await;
    sleep(LASTS).await;
    relay.open();
    cluster.until_health("healthy").await;

    redis.ask::<()>(&["FLUSHALL"]);
    sleep(LASTS).await;

    redis.kill();
    fs::write(redis.folder().join("old.rdb"), old).unwrap();
    redis.spawn();
    cluster.until_health("healthy").await;
    sleep(LASTS).await;
    crowd.part("Redis stopped, paused, slow, cut off, emptied, restored").await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "soak"]
async fn mongodb_keeps_every_promise_while_redis_fails_over() {
    let database = TestDatabase::new().await;
    let primary = RedisServer::start();
    let port = primary.port.to_string();
    let replica = RedisServer::with(&["--replicaof", "127.0.0.1", &port, "--repl-diskless-sync-delay", "0"]);
    let sentinels: Vec<_> = (0..3).map(|_| RedisServer::sentinel(primary.port, 2)).collect();
    let hosts: Vec<_> = sentinels.iter().map(|sentinel| format!("127.0.0.1:{}", sentinel.port)).collect();
    let address = (database.url.clone(), Some(format!("redis-sentinel://{}/0?name=accounts", hosts.join(","))));
    let cluster = Cluster::on(&[address.clone(), address.clone(), address], &[MANY_SESSIONS]).await;
    let mut servers = [primary, replica];
    let crowd = Crowd::gather(&cluster, 4).await;
    cluster.until_health("healthy").await;
    for round in 0..4 {
        sleep(LASTS).await;
        let (old, new) = (round % 2, 1 - round % 2);
        let role = |server: &RedisServer| server.ask::<String>(&["INFO", "replication"]);
        let begun = Instant::now();
        while !role(&servers[new]).contains("master_link_status:up") {
            assert!(begun.elapsed() < PATIENCE, "{}", role(&servers[new]));
            sleep(Duration::from_millis(100)).await;
        }
        servers[old].kill();
        let killed = Instant::now();
        while !role(&servers[new]).contains("role:master") {
            assert!(killed.elapsed() < PATIENCE);
            sleep(Duration::from_millis(50)).await;
        }
        cluster.until_health("healthy").await;
        println!("Redis failed over in {:?}", killed.elapsed());
        servers[old].spawn();
    }
    crowd.part("Redis failed over 4 times").await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "soak"]
async fn mongodb_keeps_every_promise_while_its_primary_is_killed_fifty_times() {
    let mut set = ReplicaSet::start(3).await;
    let redis = RedisServer::start();
    let url = set.url().replacen("/?", "/portcullis?", 1);
    let address = (url, Some(redis.url()));
    let more = [MANY_SESSIONS, ("DATABASE_TIMEOUT", "5s")];
    let cluster = Cluster::on(&[address.clone(), address.clone(), address], &more).await;
    let crowd = Crowd::gather(&cluster, 4).await;
    for kill in 0..KILLS {
        let primary = set.primary().await;
        set.members[primary].kill();
        let new = set.primary().await;
        assert_ne!(new, primary);
        set.members[primary].start();
        // A member that has not caught up cannot confirm a write, and the next kill would leave no majority.
        caught_up(&set, primary).await;
        let before = crowd.served();
        let begun = Instant::now();
        while crowd.served() < before + 20 {
            assert!(begun.elapsed() < PATIENCE, "nothing is served after kill {kill}");
            sleep(Duration::from_millis(20)).await;
        }
    }
    crowd.part(&format!("primary killed {KILLS} times")).await;
}

async fn caught_up(set: &ReplicaSet, member: usize) {
    let begun = Instant::now();
    while !set.members[member].hello().await.get_bool("secondary").unwrap_or_default() {
        assert!(begun.elapsed() < PATIENCE, "the member did not come back");
        sleep(Duration::from_millis(50)).await;
    }
}
