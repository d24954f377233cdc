//! Shared cache of accounts, and change notifications.

use std::time::Duration;

use portcullis_core::{
    port::SharedCache,
    seal::Sealed,
    suite::rows::{here, there, user_id},
};
use tokio::time::timeout;

use super::{PATIENCE, RedisServer, connect_patiently, until};

#[tokio::test]
async fn a_copy_is_read_by_all_processes_for_its_lifetime_and_only_in_its_realm() {
    let server = RedisServer::start();
    let (one, other) = (connect_patiently(&server).await, connect_patiently(&server).await);
    let sealed = Sealed::from_bytes(vec![0, 255, 7]);
    one.put_account(&here(), &user_id("ada"), &sealed, Duration::from_secs(60)).await;
    assert_eq!(other.account(&here(), &user_id("ada")).await, Some(sealed.clone()));
    assert_eq!(other.account(&there(), &user_id("ada")).await, None);
    assert_eq!(other.account(&here(), &user_id("bob")).await, None);
    let keys: Vec<String> = server.ask(&["KEYS", "*:a"]);
    assert_eq!(keys, [format!("pc:{{{}:ada}}:a", here())]);
    let ends_in: i64 = server.ask(&["PTTL", &keys[0]]);
    assert!((1..=60_000).contains(&ends_in));
    one.forget_account(&here(), &user_id("ada"));
    until("forgotten", async || other.account(&here(), &user_id("ada")).await.is_none()).await;
    one.put_account(&here(), &user_id("ada"), &sealed, Duration::from_nanos(1)).await;
    until("gone", async || one.account(&here(), &user_id("ada")).await.is_none()).await;
}

#[tokio::test]
async fn a_notice_wakes_all_processes_and_many_notices_are_few_messages() {
    let server = RedisServer::start();
    let (one, other) = (connect_patiently(&server).await, connect_patiently(&server).await);
    // The first connection may have missed notifications.
    for redis in [&one, &other] {
        timeout(PATIENCE, redis.announced()).await.unwrap();
    }
    assert!(timeout(Duration::from_millis(50), other.announced()).await.is_err());
    for _ in 0..1000 {
        one.announce();
    }
    for redis in [&one, &other] {
        timeout(PATIENCE, redis.announced()).await.unwrap();
    }
    let told: String = server.ask(&["INFO", "commandstats"]);
    let line = told.lines().find(|line| line.starts_with("cmdstat_publish:")).unwrap();
    let calls: u32 = line.split("calls=").nth(1).unwrap().split(',').next().unwrap().parse().unwrap();
    assert!(calls <= 3, "{line}");
}

#[tokio::test]
async fn after_a_lost_connection_a_notice_is_assumed_and_the_channel_is_heard_again() {
    let mut server = RedisServer::start();
    let redis = connect_patiently(&server).await;
    timeout(PATIENCE, redis.announced()).await.unwrap();
    server.kill();
    server.spawn();
    timeout(PATIENCE, redis.announced()).await.expect("a notice may have been missed");
    until("heard again", async || {
        server.ask::<i64>(&["PUBLISH", "pc:changes", ""]) == 1 && {
            timeout(Duration::from_secs(1), redis.announced()).await.is_ok()
        }
    })
    .await;
}
