//! Canonical form of rows and blocks, which is the input of their hashes.

use aws_lc_rs::digest::{self, SHA256};
use data_encoding::BASE64URL_NOPAD;

use super::AuditEntry;
use crate::{clock::Timestamp, seal::Sealed};

const VERSION: u8 = 1;
/// Length prefix of an absent field.
const ABSENT: u64 = u64::MAX;

/// Writer for the canonical form: the version, then each field with a 64-bit big-endian length prefix.
pub(super) struct CanonicalForm(Vec<u8>);

impl CanonicalForm {
    pub(super) fn new() -> Self {
        Self(vec![VERSION])
    }

    pub(super) fn bytes(mut self, field: &[u8]) -> Self {
        self.0.extend((field.len() as u64).to_be_bytes());
        self.0.extend(field);
        self
    }

    pub(super) fn number(self, number: u64) -> Self {
        self.bytes(&number.to_be_bytes())
    }

    /// Writes a time in milliseconds. Times before 1970 are written in two's complement.
    pub(super) fn time(self, at: Timestamp) -> Self {
        self.bytes(&at.millis().to_be_bytes())
    }

    pub(super) fn text(self, text: &str) -> Self {
        self.bytes(text.as_bytes())
    }

    fn bytes_if_any(mut self, field: Option<&[u8]>) -> Self {
        match field {
            Some(field) => self.bytes(field),
            None => {
                self.0.extend(ABSENT.to_be_bytes());
                self
            }
        }
    }

    fn text_if_any(self, text: Option<&str>) -> Self {
        self.bytes_if_any(text.map(str::as_bytes))
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    /// Returns the SHA-256 digest of the canonical form.
    pub(super) fn digest(&self) -> [u8; 32] {
        sha256(&self.0)
    }
}

/// Returns the canonical form of a row at a position in the chain.
#[must_use]
pub fn canonical_row(position: u64, row: &AuditEntry) -> Vec<u8> {
    let index = row.index.map(|index| BASE64URL_NOPAD.encode(&index.0));
    let actor = format!("{}:{}", row.actor_kind, row.actor_id.as_deref().unwrap_or_default());
    CanonicalForm::new()
        .number(position)
        .bytes(&row.id.0)
        .time(row.at)
        .text(row.realm.as_str())
        .text(&row.event)
        .text(&row.outcome)
        .text_if_any(row.reason.as_deref())
        .text_if_any(row.rule.as_deref())
        .text(&actor)
        .text_if_any(row.user.as_ref().map(|user| user.as_str()))
        .text_if_any(index.as_deref())
        .text_if_any(row.session.as_ref().map(|session| session.as_str()))
        .text(row.request_id.as_str())
        .text_if_any(row.node.as_deref())
        .text(&row.details)
        .bytes_if_any(row.client.as_ref().map(Sealed::as_bytes))
        .bytes_if_any(row.note.as_ref().map(Sealed::as_bytes))
        .number(row.count)
        .into_bytes()
}

pub(super) fn sha256(bytes: &[u8]) -> [u8; 32] {
    digest::digest(&SHA256, bytes).as_ref().first_chunk().copied().unwrap_or_default()
}
