use serde::{Deserialize, Serialize};

use crate::{
    clock::Timestamp,
    id::UserId,
    record::{Record, RecordKind},
    seal,
    session::{SessionClient, device::KnownDevice},
};

/// A device that needs no second factor at a login until it expires. Use does not extend the expiry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustedDevice {
    /// Hash of the device.
    pub id: String,
    pub user: UserId,
    /// Client of the login that made it trusted.
    pub client: SessionClient,
    pub created_at: Timestamp,
    pub last_used_at: Timestamp,
    pub expires_at: Timestamp,
}

impl TrustedDevice {
    /// Returns the identifier of a device of this user.
    #[must_use]
    pub fn id_of(user: &UserId, device: &KnownDevice) -> String {
        seal::hex(&seal::digest([b"trusted device".as_slice(), user.as_str().as_bytes(), device.id()]))
    }

    /// Returns whether the device is still trusted.
    #[must_use]
    pub fn is_valid(&self, now: Timestamp) -> bool {
        self.expires_at > now
    }
}

/// Serialized form before sealing.
#[derive(Serialize, Deserialize)]
struct Stored {
    user: String,
    client: SessionClient,
    created_at: i64,
    last_used_at: i64,
    expires_at: i64,
}

impl Record for TrustedDevice {
    const KIND: RecordKind = RecordKind::Device;

    fn key(&self) -> String {
        self.id.clone()
    }

    fn owner(&self) -> Option<&UserId> {
        Some(&self.user)
    }

    fn expires_at(&self) -> Option<Timestamp> {
        Some(self.expires_at)
    }

    fn to_bytes(&self) -> Vec<u8> {
        let stored = Stored {
            user: self.user.as_str().to_owned(),
            client: self.client.clone(),
            created_at: self.created_at.millis(),
            last_used_at: self.last_used_at.millis(),
            expires_at: self.expires_at.millis(),
        };
        serde_json::to_vec(&stored).unwrap_or_default()
    }

    fn from_bytes(key: &str, bytes: &[u8]) -> Option<Self> {
        let stored: Stored = serde_json::from_slice(bytes).ok()?;
        Some(Self {
            id: key.to_owned(),
            user: UserId::parse(&stored.user)?,
            client: stored.client,
            created_at: Timestamp::from_millis(stored.created_at),
            last_used_at: Timestamp::from_millis(stored.last_used_at),
            expires_at: Timestamp::from_millis(stored.expires_at),
        })
    }
}
