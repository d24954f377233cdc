//! Keys that sign the blocks of the audit trail.

use super::Kernel;
use crate::{
    audit::AuditKey,
    error::{Error, Result},
    record::{Record, RecordKeys, RecordKind, RecordRow},
};

impl Kernel {
    /// Returns the audit keys, oldest first.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails, and `Internal` if a key cannot be decrypted.
    pub(in crate::service) async fn audit_keys(&self) -> Result<Vec<AuditKey>> {
        self.audit_key_rows().await?.iter().map(|row| self.open_audit_key(row)).collect()
    }

    /// Returns the records of the audit keys, oldest first.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails.
    pub(super) async fn audit_key_rows(&self) -> Result<Vec<RecordRow>> {
        self.all_records(&self.realms.admin()?.name, RecordKind::AuditKey).await
    }

    /// Opens the record of an audit key.
    ///
    /// # Errors
    /// Returns `Internal` if it cannot be decrypted.
    pub(super) fn open_audit_key(&self, row: &RecordRow) -> Result<AuditKey> {
        AuditKey::open(row, RecordKeys::Realm(&self.realms.admin()?.keys)).map_err(Error::internal)
    }
}
