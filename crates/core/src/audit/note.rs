use std::fmt;

use super::AuditId;
use crate::{
    ctx::Ctx,
    seal::{DataKey, RealmKeys, Sealed},
};

/// Reason given by an administrator. It may contain names, so it is stored encrypted and never printed.
#[derive(Clone)]
pub struct Note(String);

/// Name of the sealed field. The ciphertext is bound to this name.
const FIELD: &str = "note";

impl Note {
    /// Creates a note from a reason.
    #[must_use]
    pub fn of(reason: &str) -> Self {
        Self(reason.to_owned())
    }

    /// Seals the note of a row that concerns a user.
    pub(crate) fn seal_for(&self, ctx: &Ctx, key: &DataKey, row: AuditId) -> Sealed {
        key.seal_audit(ctx, &row.to_string(), FIELD, self.0.as_bytes())
    }

    /// Opens the note of a row that concerns a user. Returns `None` if it cannot be decrypted.
    pub(crate) fn open_for(key: &DataKey, row: AuditId, sealed: &Sealed) -> Option<String> {
        let plain = key.open_audit(&row.to_string(), FIELD, sealed).ok()?;
        String::from_utf8(plain.to_vec()).ok()
    }

    /// Opens the note of a row that does not concern a user. Returns `None` if it cannot be decrypted.
    pub(crate) fn open(keys: &RealmKeys, row: AuditId, sealed: &Sealed) -> Option<String> {
        let plain = keys.open_audit(&row.to_string(), FIELD, sealed).ok()?;
        String::from_utf8(plain.to_vec()).ok()
    }

    /// Seals the note of a row that does not concern a user.
    pub(crate) fn seal(&self, ctx: &Ctx, keys: &RealmKeys, row: AuditId) -> Sealed {
        keys.seal_audit(ctx, &row.to_string(), FIELD, self.0.as_bytes())
    }
}

impl fmt::Debug for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Note(…)")
    }
}
