//! Redis: what it counts and keeps, and that nothing waits for it or depends on it when it is away.

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

/// As the program has it.
const TIMEOUT: Duration = Duration::from_millis(100);
/// Most that a test waits for what happens in the background.
const PATIENCE: Duration = Duration::from_secs(20);

fn settings(url: &str) -> Settings {
    Settings { url: url.into(), ca_pem: None, prefix: "pc".to_owned(), timeout: TIMEOUT }
}

async fn connect(url: &str) -> Arc<Redis> {
    Arc::new(Redis::start(&settings(url)).await.unwrap())
}

/// A machine that runs many tests at once is slow; what is not about time has time.
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

/// Counts by the time of Redis.
fn counters(redis: &Arc<Redis>) -> RedisCounters {
    RedisCounters::new(Arc::clone(redis), Arc::new(MemoryCounters::default()), veil())
}

const fn key(number: u8) -> LimitKey {
    LimitKey([number; 32])
}

/// Three a minute.
const QUOTA: Quota = Quota { times: 3, per: Duration::from_secs(60) };

/// Waits until something is so.
async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let begun = std::time::Instant::now();
    while !is_so().await {
        assert!(begun.elapsed() < PATIENCE, "{what}: not within {PATIENCE:?}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Counts one use, whose result does not matter.
async fn use_once(counters: &dyn Counters) {
    counters.take(key(1), QUOTA, NOW).await;
}
