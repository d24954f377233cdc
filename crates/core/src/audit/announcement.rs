//! Announcement of a new audit key.

use data_encoding::BASE64URL_NOPAD;
use serde_json::Value;

use super::{AuditEntry, AuditKey, Event, PublicAuditKey};
use crate::clock::Timestamp;

/// Prefix of the signed message. The new public key follows.
const SIGNED: &[u8] = b"portcullis audit key v1";

/// A new audit key, signed by the previous one. A row of the trail contains it. The row alone proves nothing, because
/// an attacker who can write to the database can add a row before it is sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Announcement {
    key: PublicAuditKey,
    /// Identifier of the previous key.
    by: String,
    signature: Vec<u8>,
}

impl Announcement {
    /// Signs a new key with the previous one. Returns `None` if the previous key is unusable.
    #[must_use]
    pub fn of(key: &PublicAuditKey, by: &AuditKey) -> Option<Self> {
        let signature = by.sign(&message(key))?;
        Some(Self { key: key.clone(), by: by.kid().to_owned(), signature })
    }

    /// Parses the announcement in a row. Returns `None` for any other row.
    #[must_use]
    pub fn of_row(row: &AuditEntry) -> Option<Self> {
        if row.event != Event::AuditKeyChanged.as_str() {
            return None;
        }
        let details: Value = serde_json::from_str(&row.details).ok()?;
        let text = |name: &str| details.get(name)?.as_str();
        let bytes = |name: &str| BASE64URL_NOPAD.decode(text(name)?.as_bytes()).ok();
        Some(Self {
            key: PublicAuditKey::of(bytes("public_key")?.try_into().ok()?, Timestamp::default()),
            by: text("by")?.to_owned(),
            signature: bytes("signature")?,
        })
    }

    /// Returns the details of the row, by key.
    #[must_use]
    pub fn details(&self) -> [(&'static str, String); 4] {
        [
            ("kid", self.key.kid.clone()),
            ("public_key", BASE64URL_NOPAD.encode(&self.key.bytes)),
            ("by", self.by.clone()),
            ("signature", BASE64URL_NOPAD.encode(&self.signature)),
        ]
    }

    /// Returns the identifier of the previous key.
    pub(super) fn by(&self) -> &str {
        &self.by
    }

    /// Returns the new key, if the previous one has signed it.
    pub(super) fn key(self, previous: &PublicAuditKey) -> Option<PublicAuditKey> {
        previous.has_signed(&message(&self.key), &self.signature).then_some(self.key)
    }
}

fn message(key: &PublicAuditKey) -> Vec<u8> {
    [SIGNED, &key.bytes].concat()
}
