//! Redis: shared counters and cached data. While it is unavailable, nothing depends on it or waits for it.

mod addresses;
mod breaker;
mod copies;
mod counters;
mod sentinel;

use std::{sync::Arc, time::Duration};

use portcullis_backends::{
    memory::MemoryCounters,
    redis::{Redis, RedisCounters, Settings},
};
use portcullis_core::{
    clock::SystemClock,
    ctx::Ctx,
    limit::{KeyVeil, LimitKey, Quota},
    port::Counters,
    random::OsRandom,
    seal::{RealmKeys, RootKey},
    suite::rows::{NOW, here},
};

use super::redis_server::RedisServer;

/// Timeout used in these tests.
const TIMEOUT: Duration = Duration::from_millis(100);
/// Maximum wait of a test for background work.
const PATIENCE: Duration = Duration::from_secs(20);

fn settings(url: &str) -> Settings {
    Settings { url: url.into(), ca_pem: None, prefix: "pc".to_owned(), timeout: TIMEOUT }
}

async fn connect(url: &str) -> Arc<Redis> {
    Arc::new(Redis::start(&settings(url)).await.unwrap())
}

/// Connects with a long timeout, because a machine that runs many tests in parallel is slow. For tests that do not
/// measure time.
async fn connect_patiently(server: &RedisServer) -> Arc<Redis> {
    let settings = Settings { timeout: Duration::from_secs(5), ..settings(&server.url()) };
    Arc::new(Redis::start(&settings).await.unwrap())
}

fn veil() -> KeyVeil {
    static VEIL: std::sync::OnceLock<KeyVeil> = std::sync::OnceLock::new();
    let make = || {
        let ctx = Ctx::new(&SystemClock, Arc::new(OsRandom), Default::default());
        KeyVeil::of(&RealmKeys::derive(here(), &RootKey::random(&ctx)))
    };
    VEIL.get_or_init(make).clone()
}

/// Returns counters that use the clock of Redis.
fn counters(redis: &Arc<Redis>) -> RedisCounters {
    RedisCounters::new(Arc::clone(redis), Arc::new(MemoryCounters::default()), veil())
}

const fn key(number: u8) -> LimitKey {
    LimitKey([number; 32])
}

/// Three uses per minute.
const QUOTA: Quota = Quota { times: 3, per: Duration::from_secs(60) };

/// Waits until a condition holds.
async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let begun = std::time::Instant::now();
    while !is_so().await {
        assert!(begun.elapsed() < PATIENCE, "{what}: not within {PATIENCE:?}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Counts one use and ignores the result.
async fn use_once(counters: &dyn Counters) {
    counters.take(key(1), QUOTA, NOW).await;
}
