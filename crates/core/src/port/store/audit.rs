use async_trait::async_trait;

use super::StoreError;
use crate::{
    audit::{AuditEntry, UserEvents},
    id::RealmName,
};

/// Reads of the audit trail.
#[async_trait]
pub trait Audit {
    /// Returns up to `limit` rows of a realm, newest first. Of rows of the same time, the last one appended comes first.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn audit_rows(&self, realm: &RealmName, limit: usize) -> Result<Vec<AuditEntry>, StoreError>;

    /// Returns the rows about a user that [are shown](crate::audit::Event::is_shown) to them, newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn user_events(&self, wanted: &UserEvents) -> Result<Vec<AuditEntry>, StoreError>;
}
