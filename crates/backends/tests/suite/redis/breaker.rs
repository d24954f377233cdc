//! Outages: no request waits, each process counts separately, and Redis is used again once it responds.

use std::time::{Duration, Instant};

use portcullis_core::{
    port::{Counted, Counters, SharedCache},
    suite::rows::{NOW, here, user_id},
};

use super::{QUOTA, RedisServer, TIMEOUT, connect, counters, key, until, use_once};

#[tokio::test]
async fn a_server_that_is_away_at_the_start_stops_no_start_and_is_used_once_it_is_there() {
    let mut server = RedisServer::start();
    server.kill();
    let begun = Instant::now();
    let redis = connect(&server.url()).await;
    assert!(begun.elapsed() < Duration::from_secs(3));
    assert!(!redis.is_up());
    let counters = counters(&redis);
    for _ in 0..3 {
        assert!(matches!(counters.take(key(1), QUOTA, NOW).await, Counted::Within { .. }));
    }
    assert!(matches!(counters.take(key(1), QUOTA, NOW).await, Counted::Beyond { .. }), "the process counts for itself");
    server.spawn();
    until("used again", async || redis.is_up()).await;
    assert!(matches!(counters.take(key(1), QUOTA, NOW).await, Counted::Within { left: 2, .. }), "now Redis counts");
}

#[tokio::test]
async fn a_server_that_dies_and_comes_back_is_used_again() {
    let mut server = RedisServer::start();
    let redis = connect(&server.url()).await;
    until("connected", async || redis.is_up()).await;
    let counters = counters(&redis);
    for _ in 0..3 {
        server.kill();
        until("marked as unavailable", async || {
            use_once(&counters).await;
            !redis.is_up()
        })
        .await;
        let begun = Instant::now();
        for _ in 0..200 {
            use_once(&counters).await;
        }
        assert!(begun.elapsed() < TIMEOUT, "no call waits: {:?}", begun.elapsed());
        server.spawn();
        until("used again", async || redis.is_up()).await;
    }
}

#[tokio::test]
async fn only_three_calls_to_an_unresponsive_server_wait_for_the_timeout() {
    let server = RedisServer::start();
    let redis = connect(&server.url()).await;
    until("connected", async || redis.is_up()).await;
    let counters = counters(&redis);
    use_once(&counters).await;
    server.pause();
    let (begun, mut slow) = (Instant::now(), 0);
    for _ in 0..200 {
        let asked = Instant::now();
        use_once(&counters).await;
        slow += usize::from(asked.elapsed() > TIMEOUT / 2);
    }
    assert!(slow <= 3, "{slow} calls waited");
    assert!(begun.elapsed() < TIMEOUT * 10, "{:?}", begun.elapsed());
    assert!(!redis.is_up());
    // The operating system accepts connections, but nothing responds.
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert!(!redis.is_up());
    server.go_on();
    until("used again", async || redis.is_up()).await;
    use_once(&counters).await;
}

#[tokio::test]
async fn a_server_that_takes_no_writes_is_not_used_until_it_does() {
    let server = RedisServer::start();
    let redis = connect(&server.url()).await;
    until("connected", async || redis.is_up()).await;
    let counters = counters(&redis);
    server.ask::<()>(&["REPLICAOF", "127.0.0.1", "1"]);
    until("marked as unavailable", async || {
        use_once(&counters).await;
        !redis.is_up()
    })
    .await;
    tokio::time::sleep(Duration::from_millis(1200)).await;
    assert!(!redis.is_up(), "a connection to a replica does not count");
    server.ask::<()>(&["REPLICAOF", "NO", "ONE"]);
    until("used again", async || redis.is_up()).await;
}

/// Reads succeed on a replica, so faults would never be consecutive.
#[tokio::test]
async fn one_rejected_write_is_enough_to_leave_a_server_that_became_a_replica() {
    let server = RedisServer::start();
    let redis = connect(&server.url()).await;
    until("connected", async || redis.is_up()).await;
    let counters = counters(&redis);
    server.ask::<()>(&["REPLICAOF", "127.0.0.1", "1"]);
    assert_eq!(redis.account(&here(), &user_id("ada")).await, None);
    assert!(redis.is_up(), "nothing was written yet");
    use_once(&counters).await;
    assert!(!redis.is_up());
}

/// The memory is full and nothing can be evicted.
#[tokio::test]
async fn a_server_without_free_memory_is_not_used() {
    let server = RedisServer::start();
    let redis = connect(&server.url()).await;
    until("connected", async || redis.is_up()).await;
    let counters = counters(&redis);
    server.ask::<()>(&["CONFIG", "SET", "maxmemory", "1"]);
    until("marked as unavailable", async || {
        use_once(&counters).await;
        !redis.is_up()
    })
    .await;
    server.ask::<()>(&["CONFIG", "SET", "maxmemory", "0"]);
    until("used again", async || redis.is_up()).await;
}

#[tokio::test]
async fn a_command_that_is_rejected_is_a_defect_and_no_outage() {
    let server = RedisServer::start();
    let redis = connect(&server.url()).await;
    until("connected", async || redis.is_up()).await;
    let counters = counters(&redis);
    use_once(&counters).await;
    let keys: Vec<String> = server.ask(&["KEYS", "*:l"]);
    server.ask::<()>(&["DEL", &keys[0]]);
    server.ask::<()>(&["LPUSH", &keys[0], "another type"]);
    for _ in 0..10 {
        assert!(matches!(counters.take(key(1), QUOTA, NOW).await, Counted::Within { .. } | Counted::Beyond { .. }));
    }
    assert!(redis.is_up());
}
