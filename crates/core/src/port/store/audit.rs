use async_trait::async_trait;

use super::StoreError;
use crate::{
    audit::{AuditEntry, AuditQuery, PlacedEntry, UserEvents},
    id::RealmName,
};

/// Reads of the audit trail.
#[async_trait]
pub trait Audit {
    /// Returns up to `limit` rows of a realm, newest first. Rows with the same time are in reverse order of insertion.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn audit_rows(&self, realm: &RealmName, limit: usize) -> Result<Vec<AuditEntry>, StoreError>;

    /// Returns the rows about a user that the user [may see](crate::audit::Event::is_shown), newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn user_events(&self, wanted: &UserEvents) -> Result<Vec<AuditEntry>, StoreError>;

    /// Returns the rows that a query finds, in the order of their identifiers.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn audit_query(&self, wanted: &AuditQuery) -> Result<Vec<PlacedEntry>, StoreError>;
}
