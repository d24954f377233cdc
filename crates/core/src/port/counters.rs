use async_trait::async_trait;

use crate::{
    clock::Timestamp,
    limit::{LimitKey, Quota},
};

/// Counters of recent uses by clients and sessions. Losing them only loosens limits for a while.
#[async_trait]
pub trait Counters: Send + Sync + std::fmt::Debug {
    /// Counts one use if the quota allows it.
    async fn take(&self, key: LimitKey, quota: Quota, now: Timestamp) -> Counted;

    /// Reverts the use that was counted at this time.
    async fn refund(&self, key: LimitKey, at: Timestamp);
}

/// Result of counting a use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    /// Within the quota.
    Within {
        /// Number of remaining uses.
        left: u32,
        /// Time until the oldest use leaves the window.
        reset: std::time::Duration,
        /// Time at which it was counted, used to revert it.
        at: Timestamp,
    },
    /// Exceeds the quota. Not counted.
    Beyond {
        /// Time until another use is allowed.
        wait: std::time::Duration,
    },
}
