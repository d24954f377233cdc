//! Client limits, shared by all processes.

use std::{ops::Deref, time::Duration};

use portcullis_backends::{memory::MemoryCounters, redis::RedisCounters};
use portcullis_core::{
    clock::{Clock, SystemClock, Timestamp},
    limit::Quota,
    port::{Counted, Counters},
    suite::rows::NOW,
};

use super::{QUOTA, RedisServer, connect_patiently, counters, key};

struct Fresh {
    counters: RedisCounters,
    _server: RedisServer,
}

impl Deref for Fresh {
    type Target = RedisCounters;

    fn deref(&self) -> &RedisCounters {
        &self.counters
    }
}

async fn make() -> Fresh {
    let server = RedisServer::start();
    let counters = counters(&connect_patiently(&server).await).by_given_time();
    Fresh { counters, _server: server }
}

portcullis_core::counters_suite!(make);

/// This also holds if there are more points in time than are kept, and if the clock is set back.
#[tokio::test]
async fn redis_counts_like_a_single_process() {
    let (shared, own) = (make().await, MemoryCounters::default());
    let quota = Quota { times: 150, per: Duration::from_secs(60) };
    let (mut state, mut now, mut taken) = (7_u64, NOW, Vec::new());
    for step in 0..600 {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let chance = state >> 33;
        match chance % 10 {
            0 => now = Timestamp::from_millis(now.millis() - i64::try_from(chance % 3000).unwrap()),
            1 if !taken.is_empty() => {
                let at = taken.swap_remove(usize::try_from(chance).unwrap() % taken.len());
                own.refund(key(1), at).await;
                shared.refund(key(1), at).await;
                continue;
            }
            _ => now = now.plus(Duration::from_millis(chance % 900)),
        }
        let (one, other) = (shared.take(key(1), quota, now).await, own.take(key(1), quota, now).await);
        match (one, other) {
            (Counted::Within { left, reset, at }, Counted::Within { left: own_left, reset: own_reset, .. }) => {
                assert_eq!((left, reset), (own_left, own_reset), "step {step}");
                taken.push(at);
            }
            (one, other) => assert_eq!(one, other, "step {step}"),
        }
    }
}

#[tokio::test]
async fn processes_count_together_by_the_time_of_redis_whatever_their_clocks_say() {
    let server = RedisServer::start();
    let [here, there] =
        [connect_patiently(&server).await, connect_patiently(&server).await].map(|redis| counters(&redis));
    let present = SystemClock.now();
    let (slow, fast) = (Timestamp::from_millis(present.millis() - 600_000), present.plus(Duration::from_secs(600)));
    for (counters, now, left) in [(&here, slow, 2), (&there, fast, 1), (&here, slow, 0)] {
        let counted = counters.take(key(1), QUOTA, now).await;
        let Counted::Within { left: found, at, .. } = counted else { panic!("{counted:?}") };
        assert_eq!(found, left);
        assert!(at.since(present) < Duration::from_secs(60) && present.since(at) < Duration::from_secs(60));
    }
    let counted = there.take(key(1), QUOTA, fast).await;
    let Counted::Beyond { wait } = counted else { panic!("{counted:?}") };
    assert!(wait <= QUOTA.per && wait > Duration::from_secs(20), "{wait:?}");
}

#[tokio::test]
async fn a_use_is_taken_back_under_the_time_that_redis_gave_it() {
    let server = RedisServer::start();
    let counters = counters(&connect_patiently(&server).await);
    let mut times = Vec::new();
    for _ in 0..3 {
        match counters.take(key(1), QUOTA, NOW).await {
            Counted::Within { at, .. } => times.push(at),
            other => panic!("{other:?}"),
        }
    }
    for at in times {
        counters.refund(key(1), at).await;
    }
    assert_eq!(server.ask::<Vec<String>>(&["KEYS", "*:l"]), Vec::<String>::new());
    assert!(matches!(counters.take(key(1), QUOTA, NOW).await, Counted::Within { left: 2, .. }));
}

#[tokio::test]
async fn every_key_has_an_end_a_prefix_and_no_readable_subject() {
    let server = RedisServer::start();
    let counters = counters(&connect_patiently(&server).await);
    let short = Quota { times: 3, per: Duration::from_nanos(1) };
    for number in 1..=5 {
        counters.take(key(number), if number == 5 { short } else { QUOTA }, NOW).await;
    }
    let keys: Vec<String> = server.ask(&["KEYS", "*"]);
    assert!(keys.len() >= 4, "{keys:?}");
    for name in keys.iter().filter(|name| name.ends_with(":l")) {
        assert!(name.starts_with("pc:{") && name.ends_with("}:l"), "{name}");
        assert!(!name.contains("0101") && !name.contains("0202"), "the hash of an address is covered: {name}");
        let ends_in: i64 = server.ask(&["PTTL", name]);
        // -1 means a key without an expiry, -2 an expired key.
        assert!(ends_in != -1 && ends_in <= 120_000, "{name} ends in {ends_in} ms");
    }
}

#[tokio::test]
async fn what_is_flushed_or_unreadable_counts_from_zero() {
    let server = RedisServer::start();
    let counters = counters(&connect_patiently(&server).await);
    for _ in 0..3 {
        counters.take(key(1), QUOTA, NOW).await;
    }
    server.ask::<()>(&["FLUSHALL"]);
    server.ask::<()>(&["SCRIPT", "FLUSH"]);
    assert!(matches!(counters.take(key(1), QUOTA, NOW).await, Counted::Within { left: 2, .. }));
    let keys: Vec<String> = server.ask(&["KEYS", "*:l"]);
    server.ask::<()>(&["SET", &keys[0], "nonsense"]);
    assert!(matches!(counters.take(key(1), QUOTA, NOW).await, Counted::Within { left: 2, .. }));
}
