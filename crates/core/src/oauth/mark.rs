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
    /// Last revision of the client that was removed, 0 if there was none. A later client starts above it, so that a
    /// change based on the removed one cannot be made to it.
    pub revision: u64,
}

#[derive(Serialize, Deserialize)]
struct Stored {
    since: i64,
    declared: bool,
    #[serde(default)]
    revision: u64,
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
        let stored = Stored { since: self.since.millis(), declared: self.is_declared, revision: self.revision };
        serde_json::to_vec(&stored).unwrap_or_default()
    }

    fn from_bytes(key: &str, bytes: &[u8]) -> Option<Self> {
        let stored: Stored = serde_json::from_slice(bytes).ok()?;
        let id = ClientId::parse(key)?;
        let since = Timestamp::from_millis(stored.since);
        Some(Self { id, since, is_declared: stored.declared, revision: stored.revision })
    }
}
