//! API keys for administration by programs: `pck_ID_SECRET`.

use std::{fmt, net::IpAddr};

use aws_lc_rs::{constant_time, digest};
use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{Grant, Grants};
use crate::{
    clock::Timestamp,
    ctx::Ctx,
    id::{AdminKeyId, UserId},
    record::{Record, RecordKind},
};

/// Prefix of every key. Secret scanners use it to detect leaked keys.
const PREFIX: &str = "pck_";

/// An action that requires recent authentication. API keys may only perform the actions they were created for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FreshVerb {
    Erase,
    Impersonate,
    RemoveFactor,
    EndRealmSessions,
    RotateKeys,
    DeliverReset,
    ChangeContact,
    /// Management of administrators and keys. Not allowed for API keys.
    Administer,
}

impl FreshVerb {
    /// Actions that can be allowed for an API key.
    pub const OF_KEYS: [Self; 7] = [
        Self::Erase,
        Self::Impersonate,
        Self::RemoveFactor,
        Self::EndRealmSessions,
        Self::RotateKeys,
        Self::DeliverReset,
        Self::ChangeContact,
    ];

    /// Returns the name used in `allow`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Erase => "erase",
            Self::Impersonate => "impersonate",
            Self::RemoveFactor => "remove_factor",
            Self::EndRealmSessions => "end_realm_sessions",
            Self::RotateKeys => "rotate_keys",
            Self::DeliverReset => "deliver_reset",
            Self::ChangeContact => "change_contact",
            Self::Administer => "administer",
        }
    }

    /// Parses a name used in `allow`.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::OF_KEYS.into_iter().find(|verb| verb.as_str() == word)
    }
}

/// The secret of a key. Shown once and never printed.
pub struct AdminSecret {
    pub id: AdminKeyId,
    secret: Zeroizing<[u8; 32]>,
}

impl fmt::Debug for AdminSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AdminSecret({}, …)", self.id)
    }
}

impl AdminSecret {
    /// Generates a new secret.
    #[must_use]
    pub fn random(ctx: &Ctx) -> Self {
        Self { id: AdminKeyId::random(ctx.random()), secret: Zeroizing::new(ctx.bytes()) }
    }

    /// Parses a key. Returns `None` if the format is wrong.
    #[must_use]
    pub fn parse(raw: &str) -> Option<Self> {
        let (id, secret) = raw.strip_prefix(PREFIX)?.split_once('_')?;
        let bytes = Zeroizing::new(BASE64URL_NOPAD.decode(secret.as_bytes()).ok()?);
        let secret: [u8; 32] = bytes.as_slice().try_into().ok()?;
        Some(Self { id: AdminKeyId::parse(id)?, secret: Zeroizing::new(secret) })
    }

    /// Returns the key as text.
    #[must_use]
    pub fn expose(&self) -> Zeroizing<String> {
        Zeroizing::new(format!("{PREFIX}{}_{}", self.id, BASE64URL_NOPAD.encode(&*self.secret)))
    }

    /// Returns the hash that is stored.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        digest::digest(&digest::SHA256, &*self.secret).as_ref().first_chunk().copied().unwrap_or_default()
    }
}

/// An API key as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdminKey {
    pub id: AdminKeyId,
    pub name: String,
    pub hash: [u8; 32],
    pub grants: Grants,
    pub allow: Vec<FreshVerb>,
    /// Allowed client networks in CIDR notation. An empty list allows all networks.
    pub networks: Vec<String>,
    pub created_at: Timestamp,
    /// Administrator who created the key. `None` if it was created on the command line.
    pub created_by: Option<UserId>,
    pub expires_at: Timestamp,
    /// Start of the day on which the key was last used.
    pub last_used_on: Option<Timestamp>,
}

impl AdminKey {
    /// Returns whether the presented secret matches and the key has not expired.
    #[must_use]
    pub fn is_proved_by(&self, presented: &AdminSecret, now: Timestamp) -> bool {
        let is_same = constant_time::verify_slices_are_equal(&self.hash, &presented.hash()).is_ok();
        is_same && self.id == presented.id && self.expires_at > now
    }

    /// Returns whether the key may be used from this address.
    #[must_use]
    pub fn is_for(&self, address: Option<IpAddr>) -> bool {
        self.networks.is_empty()
            || address.is_some_and(|address| self.networks.iter().any(|network| is_within(network, address)))
    }
}

/// Returns whether a network in CIDR notation contains an address. False if the network cannot be parsed.
fn is_within(network: &str, address: IpAddr) -> bool {
    let (base, length) = network.split_once('/').map_or((network, None), |(base, length)| (base, Some(length)));
    let Ok(base) = base.parse::<IpAddr>() else { return false };
    let (base, address, most) = match (base, address) {
        (IpAddr::V4(base), IpAddr::V4(address)) => {
            (u128::from(base.to_bits()) << 96, u128::from(address.to_bits()) << 96, 32)
        }
        (IpAddr::V6(base), IpAddr::V6(address)) => (base.to_bits(), address.to_bits(), 128),
        _ => return false,
    };
    let length = length.map_or(Some(most), |length| length.parse::<u32>().ok());
    let Some(length) = length.filter(|length| *length <= most) else { return false };
    let mask = if length == 0 { 0 } else { u128::MAX << (128 - length) };
    base & mask == address & mask
}

#[derive(Serialize, Deserialize)]
struct Stored {
    name: String,
    hash: String,
    grants: Vec<String>,
    allow: Vec<String>,
    networks: Vec<String>,
    created_at: i64,
    created_by: Option<String>,
    expires_at: i64,
    last_used_on: Option<i64>,
}

impl Record for AdminKey {
    const KIND: RecordKind = RecordKind::AdminKey;

    fn key(&self) -> String {
        self.id.as_str().to_owned()
    }

    fn owner(&self) -> Option<&UserId> {
        None
    }

    fn expires_at(&self) -> Option<Timestamp> {
        Some(self.expires_at)
    }

    fn to_bytes(&self) -> Vec<u8> {
        let stored = Stored {
            name: self.name.clone(),
            hash: BASE64URL_NOPAD.encode(&self.hash),
            grants: self.grants.words(),
            allow: self.allow.iter().map(|verb| verb.as_str().to_owned()).collect(),
            networks: self.networks.clone(),
            created_at: self.created_at.millis(),
            created_by: self.created_by.as_ref().map(|by| by.as_str().to_owned()),
            expires_at: self.expires_at.millis(),
            last_used_on: self.last_used_on.map(Timestamp::millis),
        };
        serde_json::to_vec(&stored).unwrap_or_default()
    }

    fn from_bytes(key: &str, bytes: &[u8]) -> Option<Self> {
        let stored: Stored = serde_json::from_slice(bytes).ok()?;
        Some(Self {
            id: AdminKeyId::parse(key)?,
            name: stored.name,
            hash: BASE64URL_NOPAD.decode(stored.hash.as_bytes()).ok()?.try_into().ok()?,
            grants: Grants::of(stored.grants.iter().filter_map(|word| Grant::parse(word)).collect()),
            allow: stored.allow.iter().filter_map(|word| FreshVerb::parse(word)).collect(),
            networks: stored.networks,
            created_at: Timestamp::from_millis(stored.created_at),
            created_by: stored.created_by.as_deref().and_then(UserId::parse),
            expires_at: Timestamp::from_millis(stored.expires_at),
            last_used_on: stored.last_used_on.map(Timestamp::from_millis),
        })
    }
}
