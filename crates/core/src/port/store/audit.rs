use async_trait::async_trait;

use super::StoreError;
use crate::{
    audit::{AuditEntry, AuditQuery, PlacedEntry, UserEvents},
    id::RealmName,
};

/// Queries of the audit trail.
#[async_trait]
pub trait Audit {
    /// Returns up to `limit` rows of a realm, newest first. Rows with the same time are in reverse order of
    /// insertion.
    ///
    /// # Errors
    /// Returns [`StoreError`] if the store fails.
    async fn audit_rows(&self, realm: &RealmName, limit: usize) -> Result<Vec<AuditEntry>, StoreError>;

    /// Returns the rows that concern a user and are [visible](crate::audit::Event::is_shown) to the user, newest
    /// first.
    ///
    /// # Errors
    /// Returns [`StoreError`] if the store fails.
    async fn user_events(&self, wanted: &UserEvents) -> Result<Vec<AuditEntry>, StoreError>;

    /// Returns the rows that match a query, in the order of their identifiers.
    ///
    /// # Errors
    /// Returns [`StoreError`] if the store fails.
    async fn audit_query(&self, wanted: &AuditQuery) -> Result<Vec<PlacedEntry>, StoreError>;
}
