//! Uses of limits by clients and sessions.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use moka::{Expiry, policy::EvictionPolicy, sync::Cache};
use portcullis_core::{
    clock::Timestamp,
    limit::{LimitKey, Quota, SlidingWindow},
    port::{Counted, Counters},
};

/// Maximum number of keys, about 30 MB. The least recently used are evicted first.
const REMEMBERED: u64 = 100_000;

/// In-memory counters for a bounded number of clients.
#[derive(Debug)]
pub struct MemoryCounters {
    tallies: Cache<LimitKey, Entry>,
}

#[derive(Debug, Clone)]
struct Entry {
    tally: Arc<Mutex<SlidingWindow>>,
    per: std::time::Duration,
}

/// Removes a counter when all its uses have expired.
struct Idle;

impl Expiry<LimitKey, Entry> for Idle {
    fn expire_after_create(&self, _: &LimitKey, entry: &Entry, _: std::time::Instant) -> Option<std::time::Duration> {
        Some(entry.per)
    }

    fn expire_after_read(
        &self,
        _: &LimitKey,
        entry: &Entry,
        _: std::time::Instant,
        _: Option<std::time::Duration>,
        _: std::time::Instant,
    ) -> Option<std::time::Duration> {
        Some(entry.per)
    }
}

impl Default for MemoryCounters {
    fn default() -> Self {
        Self {
            tallies: Cache::builder()
                .max_capacity(REMEMBERED)
                .eviction_policy(EvictionPolicy::lru())
                .expire_after(Idle)
                .build(),
        }
    }
}

#[async_trait]
impl Counters for MemoryCounters {
    async fn take(&self, key: LimitKey, quota: Quota, now: Timestamp) -> Counted {
        let entry = self.tallies.get_with(key, || Entry { tally: Arc::default(), per: quota.per });
        let mut tally = entry.tally.lock().unwrap_or_else(PoisonError::into_inner);
        match tally.take(quota, now) {
            Ok(()) => Counted::Within {
                left: quota.times.saturating_sub(tally.within(quota, now)),
                reset: tally.reset(quota, now),
                at: now,
            },
            Err(wait) => Counted::Beyond { wait },
        }
    }

    async fn refund(&self, key: LimitKey, at: Timestamp) {
        if let Some(entry) = self.tallies.get(&key) {
            entry.tally.lock().unwrap_or_else(PoisonError::into_inner).refund(at);
        }
    }
}
