use async_trait::async_trait;

use crate::{
    clock::Timestamp,
    limit::{LimitKey, Quota},
};

/// What clients and sessions have done lately. Losing it costs a limit its memory, never truth.
#[async_trait]
pub trait Counters: Send + Sync + std::fmt::Debug {
    /// Counts once more, where the quota allows it.
    async fn take(&self, key: LimitKey, quota: Quota, now: Timestamp) -> Counted;

    /// Takes back what was counted at this time.
    async fn refund(&self, key: LimitKey, at: Timestamp);
}

/// What came of counting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    /// It was within the quota.
    Within {
        /// How often it may still be done.
        left: u32,
        /// When the first that counts is forgotten.
        reset: std::time::Duration,
    },
    /// It was too much, and is not counted.
    Beyond {
        /// How long to wait.
        wait: std::time::Duration,
    },
}
