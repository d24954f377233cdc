use crate::{
    clock::Timestamp,
    id::UserId,
    record::{Record, RecordKind},
    seal,
};

/// Record of a single-use proof. Kept until the proof would have expired.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpentProof {
    key: String,
    expires_at: Timestamp,
}

impl SpentProof {
    pub(crate) fn new(parts: &[&[u8]], expires_at: Timestamp) -> Self {
        Self { key: seal::hex(&seal::digest(parts.iter().copied())), expires_at }
    }
}

impl Record for SpentProof {
    const KIND: RecordKind = RecordKind::Spent;

    fn key(&self) -> String {
        self.key.clone()
    }

    fn owner(&self) -> Option<&UserId> {
        None
    }

    fn expires_at(&self) -> Option<Timestamp> {
        Some(self.expires_at)
    }

    fn to_bytes(&self) -> Vec<u8> {
        self.expires_at.millis().to_string().into_bytes()
    }

    fn from_bytes(key: &str, bytes: &[u8]) -> Option<Self> {
        let expires_at = std::str::from_utf8(bytes).ok()?.parse().ok()?;
        Some(Self { key: key.to_owned(), expires_at: Timestamp::from_millis(expires_at) })
    }
}
