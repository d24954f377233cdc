use async_trait::async_trait;

use super::{Effect, StoreError};
use crate::{
    clock::Timestamp,
    id::{RealmName, UserId},
    record::{RecordKind, RecordRow},
};

/// Queries of records.
#[async_trait]
pub trait Records {
    /// Returns a record, even if it is expired.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn record(&self, realm: &RealmName, kind: RecordKind, key: &str) -> Result<Option<RecordRow>, StoreError>;

    /// Returns the records of an owner, of one kind or of any, ordered by kind and key.
    ///
    /// # Errors
    /// Returns [`StoreError`] if the store fails.
    async fn records_of(
        &self,
        realm: &RealmName,
        owner: &UserId,
        kind: Option<RecordKind>,
    ) -> Result<Vec<RecordRow>, StoreError>;

    /// Returns up to `limit` records of a kind with keys after `after`, ordered by key.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn records_page(
        &self,
        realm: &RealmName,
        kind: RecordKind,
        after: &str,
        limit: usize,
    ) -> Result<Vec<RecordRow>, StoreError>;
}

/// Writes to records.
#[derive(Debug, Clone)]
pub enum RecordOp {
    /// Inserts a record. Requires its key to be free.
    Insert(RecordRow),
    /// Replaces a record. Requires the stored revision to be the previous one.
    Replace(RecordRow),
    /// Removes a record. Requires it to exist, at the given revision if there is one.
    Delete { realm: RealmName, kind: RecordKind, key: String, revision: Option<u64> },
    /// Removes the records of an owner, of one kind or of any.
    DeleteOf { realm: RealmName, owner: UserId, kind: Option<RecordKind> },
    /// Requires that no unexpired record of another owner has this key.
    RequireFree { realm: RealmName, kind: RecordKind, key: String, owner: UserId, now: Timestamp },
    /// Requires a record to exist at this revision.
    Require { realm: RealmName, kind: RecordKind, key: String, revision: u64 },
}

impl RecordOp {
    pub(super) const fn effects(&self) -> Vec<Effect> {
        match self {
            Self::Insert(_)
            | Self::Replace(_)
            | Self::Delete { .. }
            | Self::DeleteOf { .. }
            | Self::RequireFree { .. }
            | Self::Require { .. } => Vec::new(),
        }
    }
}
