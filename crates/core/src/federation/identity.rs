use serde::{Deserialize, Serialize};

use super::ProvedIdentity;
use crate::{
    clock::Timestamp,
    id::{FactorId, UserId},
    record::{Record, RecordKind},
    seal::{self, RealmKeys},
};

/// Account of a user at another provider, used to log in. Personal data: never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Identity {
    key: String,
    pub id: FactorId,
    pub user: UserId,
    /// Name of the provider.
    pub provider: String,
    pub issuer: String,
    pub subject: String,
    /// Address reported by the provider when the identity was linked. Later changes at the provider are ignored.
    pub email: Option<String>,
    /// Display name of the account, shown to its owner.
    pub called: Option<String>,
    /// Account revision at which it was linked. Undoing an earlier change removes it.
    pub since: u64,
    pub created_at: Timestamp,
    pub last_used_at: Option<Timestamp>,
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Identity({}, {})", self.provider, self.id)
    }
}

/// Data of a new identity that does not come from the provider.
#[derive(Debug)]
pub struct NewIdentity<'a> {
    pub id: FactorId,
    pub user: &'a UserId,
    pub provider: &'a str,
    pub since: u64,
    pub at: Timestamp,
}

/// Identity as shown to its owner.
#[derive(Clone)]
pub struct ListedIdentity {
    pub id: FactorId,
    pub provider: String,
    /// Display name of the account at the provider. `None` if the provider reports none.
    pub called: Option<String>,
    pub issuer: String,
    pub subject: String,
    pub email: Option<String>,
    pub created_at: Timestamp,
    pub last_used_at: Option<Timestamp>,
}

impl std::fmt::Debug for ListedIdentity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ListedIdentity({}, {})", self.provider, self.id)
    }
}

impl From<&Identity> for ListedIdentity {
    fn from(identity: &Identity) -> Self {
        let Identity { id, provider, issuer, subject, email, called, created_at, last_used_at, .. } = identity.clone();
        Self { id, provider, called, issuer, subject, email, created_at, last_used_at }
    }
}

impl Identity {
    /// Creates the identity of a verified external account.
    #[must_use]
    pub fn new(keys: &RealmKeys, proved: &ProvedIdentity, of: NewIdentity<'_>) -> Self {
        Self {
            key: Self::key_of(keys, of.provider, &proved.issuer, &proved.subject),
            id: of.id,
            user: of.user.clone(),
            provider: of.provider.to_owned(),
            issuer: proved.issuer.clone(),
            subject: proved.subject.clone(),
            email: proved.email.as_ref().map(|email| email.as_str().to_owned()),
            called: proved.called.clone(),
            since: of.since,
            created_at: of.at,
            last_used_at: Some(of.at),
        }
    }

    /// Returns the record key of an external account: a blind index of provider, issuer and subject.
    #[must_use]
    pub fn key_of(keys: &RealmKeys, provider: &str, issuer: &str, subject: &str) -> String {
        let parts = [b"identity".as_slice(), provider.as_bytes(), issuer.as_bytes(), subject.as_bytes()];
        seal::hex(seal::mac(keys.index_key(), parts).as_ref())
    }

    /// Returns the identity with its last use updated.
    #[must_use]
    pub fn used(&self, now: Timestamp) -> Self {
        Self { last_used_at: Some(now), ..self.clone() }
    }
}

/// Serialised form, which is sealed.
#[derive(Serialize, Deserialize)]
struct Stored {
    id: String,
    user: String,
    provider: String,
    issuer: String,
    subject: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    called: Option<String>,
    since: u64,
    created_at: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last_used_at: Option<i64>,
}

impl Record for Identity {
    const KIND: RecordKind = RecordKind::Identity;

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
            provider: self.provider.clone(),
            issuer: self.issuer.clone(),
            subject: self.subject.clone(),
            email: self.email.clone(),
            called: self.called.clone(),
            since: self.since,
            created_at: self.created_at.millis(),
            last_used_at: self.last_used_at.map(Timestamp::millis),
        };
        serde_json::to_vec(&stored).unwrap_or_default()
    }

    fn from_bytes(key: &str, bytes: &[u8]) -> Option<Self> {
        let stored: Stored = serde_json::from_slice(bytes).ok()?;
        Some(Self {
            key: key.to_owned(),
            id: FactorId::parse(&stored.id)?,
            user: UserId::parse(&stored.user)?,
            provider: stored.provider,
            issuer: stored.issuer,
            subject: stored.subject,
            email: stored.email,
            called: stored.called,
            since: stored.since,
            created_at: Timestamp::from_millis(stored.created_at),
            last_used_at: stored.last_used_at.map(Timestamp::from_millis),
        })
    }
}
