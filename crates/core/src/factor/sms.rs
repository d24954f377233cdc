use serde::{Deserialize, Serialize};

use crate::{
    clock::Timestamp,
    id::{ChallengeId, FactorId, UserId},
    record::{Record, RecordKind},
    seal,
};

/// SMS as a second factor of a user. Codes are sent to the account's phone number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SmsFactor {
    pub id: FactorId,
    pub user: UserId,
    /// Challenge of the last code sent, if it has not been used.
    pub code: Option<ChallengeId>,
    /// Account revision at which it was added. Undoing an earlier change removes it.
    pub since: u64,
    pub created_at: Timestamp,
    pub last_used_at: Option<Timestamp>,
}

/// Serialized form before sealing.
#[derive(Serialize, Deserialize)]
struct Stored {
    user: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    since: u64,
    created_at: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last_used_at: Option<i64>,
}

impl Record for SmsFactor {
    const KIND: RecordKind = RecordKind::Sms;

    fn key(&self) -> String {
        self.id.as_str().to_owned()
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
            code: self.code.map(|code| seal::hex(&code.0)),
            since: self.since,
            created_at: self.created_at.millis(),
            last_used_at: self.last_used_at.map(Timestamp::millis),
        };
        serde_json::to_vec(&stored).unwrap_or_default()
    }

    fn from_bytes(key: &str, bytes: &[u8]) -> Option<Self> {
        let stored: Stored = serde_json::from_slice(bytes).ok()?;
        let code = match stored.code {
            Some(code) => Some(ChallengeId(seal::unhex(&code)?)),
            None => None,
        };
        Some(Self {
            id: FactorId::parse(key)?,
            user: UserId::parse(&stored.user)?,
            code,
            since: stored.since,
            created_at: Timestamp::from_millis(stored.created_at),
            last_used_at: stored.last_used_at.map(Timestamp::from_millis),
        })
    }
}
