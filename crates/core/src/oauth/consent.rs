//! Consents: permissions that users gave to third-party applications.

use serde::{Deserialize, Serialize};

use super::{ClientId, Scopes};
use crate::{
    clock::Timestamp,
    id::UserId,
    record::{Record, RecordKind},
    seal::{self, hex},
};

/// Permissions that a user gave to a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consent {
    pub user: UserId,
    pub client: ClientId,
    pub scopes: Scopes,
    pub created_at: Timestamp,
    pub last_used_at: Timestamp,
}

impl Consent {
    /// Returns the record key for a user and a client.
    pub(crate) fn key_of(user: &UserId, client: &ClientId) -> String {
        hex(&seal::digest([b"grant".as_slice(), user.as_str().as_bytes(), client.as_str().as_bytes()]))
    }
}

#[derive(Serialize, Deserialize)]
struct Stored {
    user: String,
    client: String,
    scope: String,
    created_at: i64,
    last_used_at: i64,
}

impl Record for Consent {
    const KIND: RecordKind = RecordKind::Consent;

    fn key(&self) -> String {
        Self::key_of(&self.user, &self.client)
    }

    fn owner(&self) -> Option<&UserId> {
        Some(&self.user)
    }

    fn expires_at(&self) -> Option<Timestamp> {
        None
    }

    fn to_bytes(&self) -> Vec<u8> {
        let stored = Stored {
            user: self.user.as_str().to_owned(),
            client: self.client.as_str().to_owned(),
            scope: self.scopes.to_text(),
            created_at: self.created_at.millis(),
            last_used_at: self.last_used_at.millis(),
        };
        serde_json::to_vec(&stored).unwrap_or_default()
    }

    fn from_bytes(key: &str, bytes: &[u8]) -> Option<Self> {
        let stored: Stored = serde_json::from_slice(bytes).ok()?;
        let consent = Self {
            user: UserId::parse(&stored.user)?,
            client: ClientId::parse(&stored.client)?,
            scopes: Scopes::parse(&stored.scope)?,
            created_at: Timestamp::from_millis(stored.created_at),
            last_used_at: Timestamp::from_millis(stored.last_used_at),
        };
        (consent.key() == key).then_some(consent)
    }
}
