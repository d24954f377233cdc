//! Client limits, shared by all processes.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use metrics::counter;
use portcullis_core::{
    clock::Timestamp,
    limit::{KeyVeil, LimitKey, Quota},
    port::{Counted, Counters},
};

use super::{client::Redis, script::Argument};

/// Metric of locally counted uses.
const LOCAL: &str = "portcullis_limits_local_total";

/// Counters in Redis. While it is unavailable, each process counts separately.
#[derive(Debug)]
pub struct RedisCounters {
    redis: Arc<Redis>,
    local: Arc<dyn Counters>,
    veil: KeyVeil,
    has_own_time: bool,
}

impl RedisCounters {
    /// Creates counters that use the clock of Redis, which all processes share, and `local` while Redis is
    /// unavailable.
    #[must_use]
    pub fn new(redis: Arc<Redis>, local: Arc<dyn Counters>, veil: KeyVeil) -> Self {
        counter!(LOCAL).absolute(0);
        Self { redis, local, veil, has_own_time: true }
    }

    /// Uses the time given by the caller instead, which tests can control.
    #[must_use]
    pub fn by_given_time(self) -> Self {
        Self { has_own_time: false, ..self }
    }

    /// Returns the Redis key of a counter. It is a keyed hash, because a plain hash of a network address could be
    /// found by trying all addresses.
    fn name(&self, key: LimitKey) -> String {
        use std::fmt::Write as _;
        let mut name = format!("{}:{{", self.redis.link.prefix);
        for byte in self.veil.cover(key).0.iter().take(16) {
            let written = write!(name, "{byte:02x}");
            debug_assert!(written.is_ok(), "a string takes everything");
        }
        name.push_str("}:l");
        name
    }

    fn time(&self, now: Timestamp) -> Argument {
        if self.has_own_time { Argument::ServerTime } else { Argument::Number(now.millis()) }
    }
}

#[async_trait]
impl Counters for RedisCounters {
    async fn take(&self, key: LimitKey, quota: Quota, now: Timestamp) -> Counted {
        let per = i64::try_from(quota.per.as_millis()).unwrap_or(i64::MAX);
        let arguments =
            [Argument::Word("take"), self.time(now), Argument::Number(quota.times.into()), Argument::Number(per)];
        match self.redis.link.eval::<(i64, i64, i64)>("take", &self.name(key), &arguments).await {
            Some((left, millis, at)) => {
                let duration = Duration::from_millis(u64::try_from(millis).unwrap_or(0));
                match u32::try_from(left) {
                    Ok(left) => Counted::Within { left, reset: duration, at: Timestamp::from_millis(at) },
                    Err(_) => Counted::Beyond { wait: duration },
                }
            }
            None => {
                counter!(LOCAL).increment(1);
                self.local.take(key, quota, now).await
            }
        }
    }

    async fn refund(&self, key: LimitKey, at: Timestamp) {
        let arguments = [Argument::Word("refund"), Argument::Number(at.millis())];
        let refunded: Option<i64> = self.redis.link.eval("refund", &self.name(key), &arguments).await;
        // It may have been counted locally while Redis was unavailable.
        if refunded.is_none_or(|refunded| refunded == 0) {
            self.local.refund(key, at).await;
        }
    }
}
