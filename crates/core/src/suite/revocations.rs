//! Ended sessions from the change log, for tests about sessions.

use async_trait::async_trait;

use crate::{
    port::{Changes, StoreError},
    session::{Change, LogPosition, Revocation},
};

/// Reads ended sessions from the change log.
#[async_trait]
pub trait Revocations {
    /// Returns the sessions that ended after a position, oldest first, and the position of the last entry of any
    /// kind.
    ///
    /// # Errors
    /// Returns [`StoreError`] if the store fails.
    async fn revocations_after(&self, position: LogPosition) -> Result<(Vec<Revocation>, LogPosition), StoreError>;
}

#[async_trait]
impl<T: Changes + Sync + ?Sized> Revocations for T {
    async fn revocations_after(&self, position: LogPosition) -> Result<(Vec<Revocation>, LogPosition), StoreError> {
        let (changes, last) = self.changes_after(position).await?;
        let ended = changes.into_iter().filter_map(|change| match change {
            Change::SessionEnded(ended) => Some(ended),
            _ => None,
        });
        Ok((ended.collect(), last))
    }
}
