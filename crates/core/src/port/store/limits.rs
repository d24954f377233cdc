use std::time::Duration;

use async_trait::async_trait;

use super::{Effect, StoreError};
use crate::{
    clock::Timestamp,
    limit::{FailedAttempts, LimitKey, LimitKind, Members, Quota, SlidingWindow},
};

/// Queries of the limits counted in the store.
#[async_trait]
pub trait LimitState {
    /// Returns the failed password attempts of a key.
    ///
    /// # Errors
    /// Returns [`StoreError`] if the store fails.
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

/// Writes to the limits counted in the store.
#[derive(Debug, Clone)]
pub enum LimitOp {
    /// Counts one use. Requires the quota to allow it.
    Count { kind: LimitKind, key: LimitKey, quota: Quota, now: Timestamp },
    /// Counts a member. It is counted only once per period.
    CountMember { key: LimitKey, member: [u8; 8], per: Duration, now: Timestamp },
    /// Counts a failed password attempt. Earlier ones are discarded if the last one is older than `forget_after`.
    CountFailure { key: LimitKey, now: Timestamp, forget_after: Duration },
    /// Discards the usage of a quota.
    Forget { key: LimitKey },
    /// Discards the failed password attempts of a key.
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
