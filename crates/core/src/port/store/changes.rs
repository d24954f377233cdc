use async_trait::async_trait;

use super::StoreError;
use crate::session::{Change, LogPosition};

/// Queries of the change log.
#[async_trait]
pub trait Changes {
    /// Returns the entries after a position, oldest first, and the position of the last one. No later entry appears at
    /// or before that position.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn changes_after(&self, position: LogPosition) -> Result<(Vec<Change>, LogPosition), StoreError>;
}

/// Effect of a committed operation on caches and workers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// The store appends this to the change log in the same commit.
    Changed(Change),
    /// A message was added to the outbox.
    MessageEnqueued,
}
