//! A failover with Sentinels.

use std::{sync::Arc, time::Duration};

use portcullis_backends::redis::{Redis, Settings};
use portcullis_core::port::SharedCache;

use super::{RedisServer, counters, settings, until, use_once};

/// A primary, its replica and three Sentinels.
struct Group {
    servers: Vec<RedisServer>,
    sentinels: Vec<RedisServer>,
}

impl Group {
    async fn start() -> Self {
        let primary = RedisServer::start();
        let port = primary.port.to_string();
        let replica = RedisServer::with(&["--replicaof", "127.0.0.1", &port, "--repl-diskless-sync-delay", "0"]);
        let synced = async || replica.ask::<String>(&["INFO", "replication"]).contains("master_link_status:up");
        until("replicated", synced).await;
        let sentinels: Vec<_> = (0..3).map(|_| RedisServer::sentinel(primary.port, 2)).collect();
        for sentinel in &sentinels {
            until("Sentinels know each other and the replica", async || {
                let known: Vec<String> = sentinel.ask(&["SENTINEL", "MASTER", "accounts"]);
                let of = |name: &str| known.iter().position(|word| word == name).map(|at| known[at + 1].as_str());
                of("num-other-sentinels") == Some("2") && of("num-slaves") == Some("1")
            })
            .await;
        }
        Self { servers: vec![primary, replica], sentinels }
    }

    fn url(&self) -> String {
        let hosts: Vec<_> = self.sentinels.iter().map(|sentinel| format!("127.0.0.1:{}", sentinel.port)).collect();
        format!("redis-sentinel://{}/1?name=accounts", hosts.join(","))
    }
}

#[tokio::test]
async fn the_server_that_sentinels_choose_is_used_also_when_one_of_them_is_gone() {
    let mut group = Group::start().await;
    let patient = Settings { timeout: Duration::from_millis(500), ..settings(&group.url()) };
    let redis = Arc::new(Redis::start(&patient).await.unwrap());
    until("connected", async || redis.is_up()).await;
    let counters = counters(&redis);
    use_once(&counters).await;
    let count = |server: &RedisServer| server.ask::<String>(&["INFO", "keyspace"]).contains("db1:keys=");
    assert!(count(&group.servers[0]));
    group.sentinels[0].kill();
    group.servers[0].kill();
    until("failed over", async || {
        use_once(&counters).await;
        redis.is_up() && group.servers[1].ask::<String>(&["INFO", "replication"]).contains("role:master")
    })
    .await;
    for _ in 0..20 {
        use_once(&counters).await;
    }
    assert!(redis.is_up());
}
