//! A change made by one server is known to the others.

use std::time::{Duration, Instant};

use mongodb::bson::{Document, doc};
use serde_json::json as value;

use super::{Cluster, PATIENCE};
use crate::support::{Person, redis_server::RedisServer};

#[tokio::test]
async fn mongodb_changes_reach_all_servers_within_a_second_with_and_without_redis() {
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
    let records = cluster.database.as_ref().unwrap().db().await.collection::<Document>("_records");
    let lines = async || records.count_documents(doc! { "_id.realm": "admin", "_id.kind": "node" }).await.unwrap();
    let begun = Instant::now();
    let leases = async || records.count_documents(doc! { "_id.kind": "lease", "_id.key": "sweep" }).await.unwrap();
    while lines().await != 3 || leases().await != 1 {
        assert!(begun.elapsed() < PATIENCE);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(cluster.servers[0].stop().await.success());
    assert_eq!(lines().await, 2, "a server that stops removes its line");
}
