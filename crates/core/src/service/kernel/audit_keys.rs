//! Keys that sign the blocks of the audit trail.

use super::Kernel;
use crate::{
    audit::AuditKey,
    error::{Error, Result},
    record::{Record, RecordKeys, RecordKind},
};

/// Maximum number of audit keys.
const MAX_KEYS: usize = 1000;

impl Kernel {
    /// Returns the audit keys, oldest first.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails, and `Internal` if a key cannot be decrypted.
    pub(in crate::service) async fn audit_keys(&self) -> Result<Vec<AuditKey>> {
        let admin = self.realms.admin()?;
        let rows = self.ports.store.records_page(&admin.name, RecordKind::AuditKey, "", MAX_KEYS).await?;
        let keys = rows.iter().map(|row| AuditKey::open(row, RecordKeys::Realm(&admin.keys)));
        keys.collect::<std::result::Result<_, _>>().map_err(Error::internal)
    }
}
