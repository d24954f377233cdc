//! Time since which an identifier names its client. After a client was removed, its identifier may name another one,
//! which must not get the consents and sessions of the earlier client.

use serde::{Deserialize, Serialize};

use super::ClientId;
use crate::{
    clock::Timestamp,
    id::UserId,
    record::{Record, RecordKind},
};

/// Time since which an identifier names its client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientMark {
    pub id: ClientId,
    /// Sessions and consents that are older belong to an earlier client.
    pub since: Timestamp,
    /// Whether the client is defined in the settings of a server.
    pub is_declared: bool,
}

#[derive(Serialize, Deserialize)]
struct Stored {
    since: i64,
    declared: bool,
}

impl Record for ClientMark {
    const KIND: RecordKind = RecordKind::ClientMark;

    fn key(&self) -> String {
        self.id.as_str().to_owned()
    }

    fn owner(&self) -> Option<&UserId> {
        None
    }

    fn expires_at(&self) -> Option<Timestamp> {
        None
    }

    fn to_bytes(&self) -> Vec<u8> {
        let stored = Stored { since: self.since.millis(), declared: self.is_declared };
        serde_json::to_vec(&stored).unwrap_or_default()
    }

    fn from_bytes(key: &str, bytes: &[u8]) -> Option<Self> {
        let stored: Stored = serde_json::from_slice(bytes).ok()?;
        let id = ClientId::parse(key)?;
        Some(Self { id, since: Timestamp::from_millis(stored.since), is_declared: stored.declared })
    }
}
