use std::fmt;

use serde::{Deserialize, Serialize};

use super::AuditId;
use crate::{
    ctx::Ctx,
    error::{Error, Result},
    seal::{DataKey, RealmKeys, Sealed},
};

/// Client of an event: its address and device name. Personal data: stored sealed, never printed.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditClient {
    pub ip: Option<String>,
    /// Browser and system.
    pub device: Option<String>,
}

/// Name of the sealed field; the ciphertext is bound to it.
const FIELD: &str = "client";

impl AuditClient {
    /// Seals the client of a row under the data key of the user whom the row is about.
    pub(crate) fn seal_for(&self, ctx: &Ctx, key: &DataKey, row: AuditId) -> Option<Sealed> {
        Some(key.seal_audit(ctx, &row.to_string(), FIELD, &self.plain()?))
    }

    /// Seals the client of a row that is not about a user.
    pub(crate) fn seal(&self, ctx: &Ctx, keys: &RealmKeys, row: AuditId) -> Option<Sealed> {
        Some(keys.seal_audit(ctx, &row.to_string(), FIELD, &self.plain()?))
    }

    /// Opens the client of a row about a user.
    ///
    /// # Errors
    /// Internal, if it belongs to another user or row, or is unreadable.
    pub(crate) fn open_for(key: &DataKey, row: AuditId, sealed: &Sealed) -> Result<Self> {
        let plain = key.open_audit(&row.to_string(), FIELD, sealed).map_err(Error::internal)?;
        serde_json::from_slice(&plain).map_err(Error::internal)
    }

    /// Opens the client of a row that is not about a user.
    ///
    /// # Errors
    /// Internal, if it belongs to another realm or row, or is unreadable.
    pub(crate) fn open(keys: &RealmKeys, row: AuditId, sealed: &Sealed) -> Result<Self> {
        let plain = keys.open_audit(&row.to_string(), FIELD, sealed).map_err(Error::internal)?;
        serde_json::from_slice(&plain).map_err(Error::internal)
    }

    /// Returns the bytes to seal; `None` if nothing is known about the client.
    fn plain(&self) -> Option<Vec<u8>> {
        if *self == Self::default() { None } else { serde_json::to_vec(self).ok() }
    }
}

impl fmt::Debug for AuditClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AuditClient(…)")
    }
}
