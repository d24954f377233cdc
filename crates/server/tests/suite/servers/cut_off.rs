//! Servers that a network partition separates from the database, from Redis, or from both.

use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::time::sleep;

use super::{Cluster, Crowd, PATIENCE};
use crate::support::{Person, mongod::ReplicaSet, redis_server::RedisServer, relay::Relay};

/// Duration of a partition.
const LASTS: Duration = Duration::from_secs(8);

/// Three servers, each with its own relays to MongoDB and Redis.
struct Network {
    cluster: Cluster,
    databases: Vec<Relay>,
    caches: Vec<Relay>,
    _set: ReplicaSet,
    _redis: RedisServer,
}

impl Network {
    async fn start() -> Self {
        let (set, redis) = (ReplicaSet::start(1).await, RedisServer::start());
        let (mut databases, mut caches, mut addresses) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..3 {
            let (database, cache) = (Relay::to(set.members[0].port).await, Relay::to(redis.port).await);
            // The driver connects to this address, and not to the member addresses reported by the replica set.
            let url = format!("mongodb://127.0.0.1:{}/portcullis?directConnection=true", database.port);
            addresses.push((url, Some(format!("redis://127.0.0.1:{}", cache.port))));
            databases.push(database);
            caches.push(cache);
        }
        let more = [("SESSIONS_MAX", "1000"), ("DATABASE_TIMEOUT", "2s")];
        let cluster = Cluster::on(&addresses, &more).await;
        Self { cluster, databases, caches, _set: set, _redis: redis }
    }

    async fn is_healthy(&self, server: usize) -> bool {
        let answer = self.cluster.http.get(self.cluster.url(server, "/health")).send().await.unwrap();
        answer.json::<Value>().await.unwrap()["status"] == "healthy"
    }
}

#[tokio::test]
async fn mongodb_out_of_reach_of_one_server_ends_its_trust_in_sessions_within_two_seconds() {
    let network = Network::start().await;
    let (cluster, john) = (&network.cluster, Person::new("john@example.com"));
    cluster.join(&john).await;
    let (ended, kept) = (cluster.log_in(1, &john).await, cluster.log_in(1, &john).await);
    for token in [&ended, &kept] {
        assert_eq!(cluster.status(2, token).await, 200);
    }
    network.databases[2].cut();
    network.caches[2].cut();
    let cut = Instant::now();
    let out = cluster.http.post(cluster.url(0, "/User1/logout")).bearer_auth(&ended).send().await.unwrap();
    assert_eq!(out.status(), 200);
    sleep(Duration::from_secs(2).saturating_sub(cut.elapsed())).await;
    assert_eq!(cluster.status(2, &ended).await, 503, "it cannot know what the others ended");
    assert_eq!(cluster.status(0, &kept).await, 200, "the others serve");
    network.databases[2].open();
    network.caches[2].open();
    let healed = Instant::now();
    while cluster.status(2, &kept).await != 200 {
        assert!(healed.elapsed() < PATIENCE, "{}", cluster.servers[2].log());
        sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(cluster.status(2, &ended).await, 401);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "soak"]
async fn mongodb_keeps_every_promise_while_servers_are_cut_off() {
    let network = Network::start().await;
    let crowd = Crowd::gather(&network.cluster, 4).await;
    for server in 0..3 {
        let (database, cache) = (&network.databases[server], &network.caches[server]);
        for cut in [vec![database], vec![cache], vec![database, cache]] {
            cut.iter().for_each(|relay| relay.cut());
            sleep(LASTS).await;
            cut.iter().for_each(|relay| relay.open());
            let begun = Instant::now();
            while !network.is_healthy(server).await {
                assert!(begun.elapsed() < PATIENCE, "{}", network.cluster.servers[server].log());
                sleep(Duration::from_millis(50)).await;
            }
        }
    }
    crowd.part("each server cut off from MongoDB, from Redis, and from both").await;
}
