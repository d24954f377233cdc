use std::time::Duration;

use async_trait::async_trait;

use super::{Effect, StoreError};
use crate::{
    clock::Timestamp,
    limit::{FailedAttempts, LimitKey, LimitKind, Members, Quota, SlidingWindow},
};

/// Reads of the limits counted in the store.
#[async_trait]
pub trait LimitState {
    /// Returns the wrong passwords counted for a key.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn failures(&self, key: LimitKey) -> Result<FailedAttempts, StoreError>;

    /// Returns the quota usage counted for a key.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn window(&self, key: LimitKey) -> Result<SlidingWindow, StoreError>;

    /// Returns the members counted for a key.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn members(&self, key: LimitKey) -> Result<Members, StoreError>;
}

/// Writes of the limits counted in the store.
#[derive(Debug, Clone)]
pub enum LimitOp {
    /// Counts one use. Requires the quota to allow it.
    Count { kind: LimitKind, key: LimitKey, quota: Quota, now: Timestamp },
    /// Counts a member once, no matter how often it is seen within the period.
    CountMember { key: LimitKey, member: [u8; 8], per: Duration, now: Timestamp },
    /// Counts a wrong password. Earlier ones are forgotten if the last was longer ago than `forget_after`.
    CountFailure { key: LimitKey, now: Timestamp, forget_after: Duration },
    /// Forgets the uses of a quota.
    Forget { key: LimitKey },
    /// Forgets the wrong passwords of a key.
    ForgetFailures { key: LimitKey },
}

impl LimitOp {
    pub(super) const fn effects(&self) -> Vec<Effect> {
        match self {
            Self::Count { .. }
            | Self::CountMember { .. }
            | Self::CountFailure { .. }
            | Self::Forget { .. }
            | Self::ForgetFailures { .. } => Vec::new(),
        }
    }
}
