use serde::{Deserialize, Serialize};

use super::{email::EmailAddress, phone::PhoneNumber};
use crate::{
    clock::Timestamp,
    id::{ChallengeId, UserId},
    record::{Record, RecordKind},
    seal::{self, BlindIndex},
};

/// A previous address of a user, which the user can restore. Until it expires, no other user can take the address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reservation {
    pub user: UserId,
    pub index: BlindIndex,
    pub email: EmailAddress,
    /// Revision of the first change away from this address. An undo reverts all address changes from this revision on.
    pub since: u64,
    /// Phone number before that change. An undo removes a number that was set later.
    pub phone: Option<PhoneNumber>,
    /// Challenges of the undo links, newest last.
    pub challenges: Vec<ChallengeId>,
    pub expires_at: Timestamp,
}

/// Serialized form, before sealing.
#[derive(Serialize, Deserialize)]
struct Stored {
    user: String,
    email: String,
    since: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    phone: Option<String>,
    challenges: Vec<String>,
    expires_at: i64,
}

impl Reservation {
    /// Returns the record key for an address.
    #[must_use]
    pub fn key_of(index: BlindIndex) -> String {
        seal::hex(&index.0)
    }

    /// Returns the challenge of the newest undo link.
    #[must_use]
    pub fn newest_challenge(&self) -> Option<ChallengeId> {
        self.challenges.last().copied()
    }
}

impl Record for Reservation {
    const KIND: RecordKind = RecordKind::EmailReserved;

    fn key(&self) -> String {
        Self::key_of(self.index)
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
            email: self.email.as_str().to_owned(),
            since: self.since,
            phone: self.phone.as_ref().map(|phone| phone.as_str().to_owned()),
            challenges: self.challenges.iter().map(|id| seal::hex(&id.0)).collect(),
            expires_at: self.expires_at.millis(),
        };
        serde_json::to_vec(&stored).unwrap_or_default()
    }

    fn from_bytes(key: &str, bytes: &[u8]) -> Option<Self> {
        let stored: Stored = serde_json::from_slice(bytes).ok()?;
        let challenges = stored.challenges.iter().map(|id| Some(ChallengeId(seal::unhex(id)?)));
        Some(Self {
            user: UserId::parse(&stored.user)?,
            index: BlindIndex(seal::unhex(key)?),
            email: EmailAddress::stored(&stored.email).ok()?,
            since: stored.since,
            phone: stored.phone.map(|phone| PhoneNumber::from_stored(&phone)).transpose().ok()?,
            challenges: challenges.collect::<Option<_>>()?,
            expires_at: Timestamp::from_millis(stored.expires_at),
        })
    }
}
