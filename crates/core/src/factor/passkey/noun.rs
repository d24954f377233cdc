use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};

use super::{Asserted, Backup, CredentialId, CredentialKey, NewCredential, StoredCredential, UserHandle, registration};
use crate::{
    clock::Timestamp,
    factor::{FactorName, Method},
    id::{FactorId, UserId},
    record::{Record, RecordKind},
    seal::{self, RealmKeys},
    session::Amr,
};

/// Maximum number of passkeys and security keys per account.
pub const MAX_PASSKEYS: usize = 20;
/// Number of characters of a key that identify the relying party.
const TAG: usize = 8;

/// Use of a credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasskeyUse {
    /// A passkey, which is sufficient to log in.
    Login,
    /// A security key, which completes another proof.
    SecondFactor,
}

impl PasskeyUse {
    pub const ALL: [Self; 2] = [Self::Login, Self::SecondFactor];

    /// Returns the name used in requests, responses and the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::SecondFactor => "second_factor",
        }
    }

    /// Parses a name.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|of| of.as_str() == word)
    }

    /// Returns the kind of factor.
    #[must_use]
    pub const fn method(self) -> Method {
        match self {
            Self::Login => Method::Passkey,
            Self::SecondFactor => Method::SecurityKey,
        }
    }
}

/// Passkey or security key of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passkey {
    key: String,
    pub id: FactorId,
    pub user: UserId,
    pub credential: CredentialId,
    pub public_key: CredentialKey,
    pub used_for: PasskeyUse,
    pub transports: Vec<String>,
    pub backup: Backup,
    /// Last signature counter reported by the authenticator.
    pub counter: u32,
    /// Domain that it was created for.
    pub rp_id: String,
    /// User handle stored in the authenticator.
    pub user_handle: UserHandle,
    pub name: FactorName,
    /// Account revision at which it was added. Undoing an earlier change removes it.
    pub since: u64,
    pub created_at: Timestamp,
    pub last_used_at: Option<Timestamp>,
}

/// Properties of a new passkey besides its credential.
#[derive(Debug)]
pub struct NewPasskey<'a> {
    pub id: FactorId,
    pub user: &'a UserId,
    pub used_for: PasskeyUse,
    pub rp_id: &'a str,
    pub name: FactorName,
    pub since: u64,
    pub at: Timestamp,
}

impl Passkey {
    /// Creates a passkey from a credential.
    #[must_use]
    pub fn new(keys: &RealmKeys, credential: NewCredential, of: NewPasskey<'_>) -> Self {
        Self {
            key: Self::key_of(keys, of.rp_id, &credential.id),
            id: of.id,
            user: of.user.clone(),
            credential: credential.id,
            public_key: credential.key,
            used_for: of.used_for,
            transports: credential.transports,
            backup: credential.backup,
            counter: credential.counter,
            rp_id: of.rp_id.to_owned(),
            user_handle: UserHandle::of(keys, of.user),
            name: of.name,
            since: of.since,
            created_at: of.at,
            last_used_at: None,
        }
    }

    /// Returns the record key of a credential: a blind index with a prefix for the relying party. The prefix allows
    /// credentials of another relying party to be counted without decrypting them.
    #[must_use]
    pub fn key_of(keys: &RealmKeys, rp_id: &str, credential: &CredentialId) -> String {
        let index = seal::mac(keys.index_key(), [b"credential".as_slice(), credential.as_bytes()]);
        format!("{}-{}", Self::tag_of(rp_id), seal::hex(index.as_ref()))
    }

    /// Returns the key prefix of a relying party.
    #[must_use]
    pub fn tag_of(rp_id: &str) -> String {
        let mut tag = seal::hex(&seal::digest([b"relying party".as_slice(), rp_id.as_bytes()]));
        tag.truncate(TAG);
        tag
    }

    /// Returns the stored properties that a response is verified against.
    #[must_use]
    pub const fn stored(&self) -> StoredCredential<'_> {
        StoredCredential {
            key: &self.public_key,
            user_handle: &self.user_handle,
            is_eligible: self.backup.is_eligible,
            counter: self.counter,
        }
    }

    /// Returns the passkey with a new name.
    #[must_use]
    pub fn renamed(&self, name: FactorName) -> Self {
        Self { name, ..self.clone() }
    }

    /// Returns the passkey with its last use updated.
    #[must_use]
    pub fn used(&self, asserted: Asserted, now: Timestamp) -> Self {
        let Asserted { backup, counter, .. } = asserted;
        Self { backup, counter, last_used_at: Some(now), ..self.clone() }
    }

    /// Returns the authentication methods proved by a use. If it is used alone, it must have verified the user.
    #[must_use]
    pub fn amr(&self, is_alone: bool) -> Vec<Amr> {
        let kind = if self.backup.is_eligible { Amr::SoftwareKey } else { Amr::HardwareKey };
        if is_alone { vec![kind, Amr::User, Amr::Multi] } else { vec![kind, Amr::Multi] }
    }
}

/// Serialized form before sealing.
#[derive(Serialize, Deserialize)]
struct Stored {
    id: String,
    user: String,
    credential: String,
    public_key: String,
    used_for: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    transports: Vec<String>,
    eligible: bool,
    backed_up: bool,
    counter: u32,
    rp_id: String,
    user_handle: String,
    name: String,
    since: u64,
    created_at: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last_used_at: Option<i64>,
}

impl Record for Passkey {
    const KIND: RecordKind = RecordKind::Passkey;

    fn key(&self) -> String {
        self.key.clone()
    }

    fn owner(&self) -> Option<&UserId> {
        Some(&self.user)
    }

    fn expires_at(&self) -> Option<Timestamp> {
        None
    }

    fn to_bytes(&self) -> Vec<u8> {
        let stored = Stored {
            id: self.id.as_str().to_owned(),
            user: self.user.as_str().to_owned(),
            credential: self.credential.to_text(),
            public_key: BASE64URL_NOPAD.encode(self.public_key.as_cose()),
            used_for: self.used_for.as_str().to_owned(),
            transports: self.transports.clone(),
            eligible: self.backup.is_eligible,
            backed_up: self.backup.is_backed_up,
            counter: self.counter,
            rp_id: self.rp_id.clone(),
            user_handle: self.user_handle.to_text(),
            name: self.name.as_str().to_owned(),
            since: self.since,
            created_at: self.created_at.millis(),
            last_used_at: self.last_used_at.map(Timestamp::millis),
        };
        serde_json::to_vec(&stored).unwrap_or_default()
    }

    fn from_bytes(key: &str, bytes: &[u8]) -> Option<Self> {
        let stored: Stored = serde_json::from_slice(bytes).ok()?;
        let public_key = BASE64URL_NOPAD.decode(stored.public_key.as_bytes()).ok()?;
        let transports = stored.transports.into_iter().filter(|name| registration::is_transport(name)).collect();
        Some(Self {
            key: key.to_owned(),
            id: FactorId::parse(&stored.id)?,
            user: UserId::parse(&stored.user)?,
            credential: CredentialId::parse(&stored.credential)?,
            public_key: CredentialKey::parse(&public_key).ok()?,
            used_for: PasskeyUse::parse(&stored.used_for)?,
            transports,
            backup: Backup { is_eligible: stored.eligible, is_backed_up: stored.backed_up },
            counter: stored.counter,
            rp_id: stored.rp_id,
            user_handle: UserHandle::parse(&stored.user_handle)?,
            name: FactorName::parse(&stored.name)?,
            since: stored.since,
            created_at: Timestamp::from_millis(stored.created_at),
            last_used_at: stored.last_used_at.map(Timestamp::from_millis),
        })
    }
}
