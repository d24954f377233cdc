use serde::{Deserialize, Serialize};

use super::{Grant, Grants};
use crate::{
    account::{Profile, Role, StoredProfile},
    clock::Timestamp,
    id::{ChallengeId, UserId},
    record::{Record, RecordKind},
    seal::{self, BlindIndex},
};

/// A pending invitation. The user who accepts it receives its identifier, profile and roles, and administrators also
/// its grants. The address is reserved until the invitation expires or is withdrawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    pub user: UserId,
    pub index: BlindIndex,
    pub profile: Profile,
    pub roles: Vec<Role>,
    pub grants: Grants,
    /// Challenge of the latest link.
    pub challenge: ChallengeId,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}

#[derive(Serialize, Deserialize)]
struct Stored {
    user: String,
    profile: StoredProfile,
    roles: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    grants: Vec<String>,
    challenge: String,
    created_at: i64,
    expires_at: i64,
}

impl Invitation {
    /// Returns the record key for an address.
    #[must_use]
    pub fn key_of(index: BlindIndex) -> String {
        seal::hex(&index.0)
    }
}

impl Record for Invitation {
    const KIND: RecordKind = RecordKind::Invitation;

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
            profile: StoredProfile::from(&self.profile),
            roles: self.roles.iter().map(|role| role.as_str().to_owned()).collect(),
            grants: self.grants.words(),
            challenge: seal::hex(&self.challenge.0),
            created_at: self.created_at.millis(),
            expires_at: self.expires_at.millis(),
        };
        serde_json::to_vec(&stored).unwrap_or_default()
    }

    fn from_bytes(key: &str, bytes: &[u8]) -> Option<Self> {
        let stored: Stored = serde_json::from_slice(bytes).ok()?;
        Some(Self {
            user: UserId::parse(&stored.user)?,
            index: BlindIndex(seal::unhex(key)?),
            profile: stored.profile.read().ok()?,
            roles: stored.roles.iter().filter_map(|role| Role::parse(role)).collect(),
            grants: Grants::of(stored.grants.iter().filter_map(|word| Grant::parse(word)).collect()),
            challenge: ChallengeId(seal::unhex(&stored.challenge)?),
            created_at: Timestamp::from_millis(stored.created_at),
            expires_at: Timestamp::from_millis(stored.expires_at),
        })
    }
}
