use async_trait::async_trait;

use super::StoreError;
use crate::{
    id::{RealmName, UserId},
    session::{LogPosition, Revocation},
};

/// Reads of the revocation log.
#[async_trait]
pub trait Changes {
    /// Returns the entries after a position, oldest first, and the position of the last one.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn revocations_after(&self, position: LogPosition) -> Result<(Vec<Revocation>, LogPosition), StoreError>;
}

/// What a committed operation means for the caches and workers of the process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// This session has ended.
    SessionEnded(Revocation),
    /// The account, or any session, of this user has changed.
    UserChanged { realm: RealmName, user: UserId },
    /// A message waits in the outbox.
    MessageEnqueued,
}
