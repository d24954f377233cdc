use async_trait::async_trait;

use crate::{
    clock::Timestamp,
    limit::{LimitKey, Quota},
};

/// Counts of recent uses by clients and sessions. Losing counts loosens limits for a while, and has no other effect.
#[async_trait]
pub trait Counters: Send + Sync + std::fmt::Debug {
    /// Counts one use, if the quota allows it.
    async fn take(&self, key: LimitKey, quota: Quota, now: Timestamp) -> Counted;

    /// Reverts the use that was counted at this time.
    async fn refund(&self, key: LimitKey, at: Timestamp);
}

/// Result of counting a use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    /// Within the quota.
    Within {
        /// Number of uses that are left.
        left: u32,
        /// Time until the oldest use leaves the window.
        reset: std::time::Duration,
        /// Time at which it was counted, for reverting it.
        at: Timestamp,
    },
    /// Beyond the quota, and not counted.
    Beyond {
        /// Time until one more use is allowed.
        wait: std::time::Duration,
    },
}
