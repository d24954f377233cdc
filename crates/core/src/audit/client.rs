use std::fmt;

use serde::{Deserialize, Serialize};

use super::AuditId;
use crate::{
    ctx::Ctx,
    error::{Error, Result},
    seal::{DataKey, RealmKeys, Sealed},
};

/// Client that caused an event: its IP address and device name. Personal data: stored encrypted, never printed.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditClient {
    pub ip: Option<String>,
    /// Browser and operating system.
    pub device: Option<String>,
}

/// Name of the sealed field. The ciphertext is bound to this name.
const FIELD: &str = "client";

impl AuditClient {
    /// Seals the client under the data key of the user whom the row concerns.
    pub(crate) fn seal_for(&self, ctx: &Ctx, key: &DataKey, row: AuditId) -> Option<Sealed> {
        Some(key.seal_audit(ctx, &row.to_string(), FIELD, &self.plain()?))
    }

    /// Seals the client of a row that does not concern a user.
    pub(crate) fn seal(&self, ctx: &Ctx, keys: &RealmKeys, row: AuditId) -> Option<Sealed> {
        Some(keys.seal_audit(ctx, &row.to_string(), FIELD, &self.plain()?))
    }

    /// Opens the client of a row that concerns a user.
    ///
    /// # Errors
    /// Returns `Internal` if the ciphertext belongs to another user or row, or is unreadable.
    pub(crate) fn open_for(key: &DataKey, row: AuditId, sealed: &Sealed) -> Result<Self> {
        let plain = key.open_audit(&row.to_string(), FIELD, sealed).map_err(Error::internal)?;
        serde_json::from_slice(&plain).map_err(Error::internal)
    }

    /// Opens the client of a row that does not concern a user.
    ///
    /// # Errors
    /// Returns `Internal` if the ciphertext belongs to another realm or row, or is unreadable.
    pub(crate) fn open(keys: &RealmKeys, row: AuditId, sealed: &Sealed) -> Result<Self> {
        let plain = keys.open_audit(&row.to_string(), FIELD, sealed).map_err(Error::internal)?;
        serde_json::from_slice(&plain).map_err(Error::internal)
    }

    /// Returns the bytes to seal, or `None` if nothing is known about the client.
    fn plain(&self) -> Option<Vec<u8>> {
        if *self == Self::default() { None } else { serde_json::to_vec(self).ok() }
    }
}

impl fmt::Debug for AuditClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AuditClient(…)")
    }
}
