use async_trait::async_trait;

use super::{Effect, StoreError};
use crate::{
    clock::Timestamp,
    id::RealmName,
    stats::{Stat, UserCounts},
};

/// Reads of the statistics.
#[async_trait]
pub trait Stats {
    /// Returns the counters of a realm on the days between two days, both included, in order of day and name.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn stats(&self, realm: &RealmName, from: Timestamp, to: Timestamp) -> Result<Vec<Stat>, StoreError>;

    /// Counts the users of a realm, those who were seen since a day, and those who were seen since an earlier one. Only
    /// indexes are read.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn user_counts(
        &self,
        realm: &RealmName,
        day: Timestamp,
        earlier: Timestamp,
    ) -> Result<UserCounts, StoreError>;
}

/// Writes of the statistics.
#[derive(Debug, Clone)]
pub enum StatOp {
    /// Adds to a counter.
    Add(Stat),
    /// Sets a counter.
    Set(Stat),
}

impl StatOp {
    pub(super) const fn effects(&self) -> Vec<Effect> {
        match self {
            Self::Add(_) | Self::Set(_) => Vec::new(),
        }
    }
}
