use serde::{Deserialize, Serialize};

use super::PasskeyChallenge;
use crate::{
    clock::Timestamp,
    id::{FactorId, UserId},
    record::{Record, RecordKind},
    seal,
};

/// Record of a used challenge. Kept until the challenge would have expired.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpentChallenge {
    key: String,
    expires_at: Timestamp,
    /// Passkey that was added with it, so that a repeated request gets the same response.
    pub added: Option<FactorId>,
}

impl SpentChallenge {
    /// Creates the record of a used challenge.
    #[must_use]
    pub fn new(challenge: &PasskeyChallenge, added: Option<FactorId>) -> Self {
        Self { key: Self::key_of(challenge), expires_at: challenge.expires_at(), added }
    }

    /// Returns the record key of a challenge.
    #[must_use]
    pub fn key_of(challenge: &PasskeyChallenge) -> String {
        seal::hex(&seal::digest([b"passkey challenge".as_slice(), challenge.as_bytes()]))
    }
}

/// Serialized form before sealing.
#[derive(Serialize, Deserialize)]
struct Stored {
    expires_at: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    added: Option<String>,
}

impl Record for SpentChallenge {
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
        let added = self.added.as_ref().map(|id| id.as_str().to_owned());
        serde_json::to_vec(&Stored { expires_at: self.expires_at.millis(), added }).unwrap_or_default()
    }

    fn from_bytes(key: &str, bytes: &[u8]) -> Option<Self> {
        let stored: Stored = serde_json::from_slice(bytes).ok()?;
        let added = match &stored.added {
            Some(id) => Some(FactorId::parse(id)?),
            None => None,
        };
        Some(Self { key: key.to_owned(), expires_at: Timestamp::from_millis(stored.expires_at), added })
    }
}
