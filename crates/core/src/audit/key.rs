use std::fmt;

use aws_lc_rs::{
    error::Unspecified,
    signature::{ED25519, Ed25519KeyPair, KeyPair as _, ParsedPublicKey},
};
use data_encoding::BASE64;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{Block, canonical::sha256};
use crate::{
    clock::Timestamp,
    id::UserId,
    record::{Record, RecordKind},
    seal,
    token::{Algorithm, BadKey, new_private_key},
};

const PEM_BEGIN: &str = "-----BEGIN PUBLIC KEY-----";
const PEM_END: &str = "-----END PUBLIC KEY-----";
/// DER prefix of a 32-byte Ed25519 public key (RFC 8410 §4).
const SPKI: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

/// Key that signs the blocks of the audit trail. The server generates it and stores it encrypted.
#[derive(Clone)]
pub struct AuditKey {
    /// Number of the key, starting at 1. The key with the highest number signs.
    number: u64,
    public: PublicAuditKey,
    /// PKCS#8 private key.
    private: Zeroizing<Vec<u8>>,
}

/// Public part of an audit key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicAuditKey {
    pub kid: String,
    /// Ed25519 public key (RFC 8032).
    pub bytes: [u8; 32],
    pub created_at: Timestamp,
}

#[derive(Serialize, Deserialize)]
struct Stored {
    private: String,
    created_at: i64,
}

impl AuditKey {
    /// Generates a key.
    ///
    /// # Errors
    /// Returns [`BadKey`] if the cryptographic library fails.
    pub fn generate(number: u64, now: Timestamp) -> Result<Self, BadKey> {
        let private = new_private_key(Algorithm::EdDsa)?;
        Self::of(number, private, now).ok_or(BadKey::NotMade(Unspecified))
    }

    fn of(number: u64, private: Zeroizing<Vec<u8>>, created_at: Timestamp) -> Option<Self> {
        let pair = Ed25519KeyPair::from_pkcs8(&private).ok()?;
        let bytes: [u8; 32] = pair.public_key().as_ref().try_into().ok()?;
        Some(Self { number, public: PublicAuditKey::of(bytes, created_at), private })
    }

    /// Returns the number of the key, starting at 1.
    #[must_use]
    pub const fn number(&self) -> u64 {
        self.number
    }

    /// Returns the key identifier used in blocks.
    #[must_use]
    pub fn kid(&self) -> &str {
        &self.public.kid
    }

    /// Returns the public key.
    #[must_use]
    pub const fn public(&self) -> &PublicAuditKey {
        &self.public
    }

    /// Signs a message. Returns `None` if the key is unusable.
    pub(super) fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        let pair = Ed25519KeyPair::from_pkcs8(&self.private).ok()?;
        Some(pair.sign(message).as_ref().to_vec())
    }
}

impl fmt::Debug for AuditKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AuditKey({})", self.public.kid)
    }
}

impl PublicAuditKey {
    /// Creates the public key. Its identifier is derived from its bytes.
    #[must_use]
    pub fn of(bytes: [u8; 32], created_at: Timestamp) -> Self {
        let digest = seal::hex(&sha256(&bytes));
        Self { kid: format!("au{}", digest.get(..16).unwrap_or_default()), bytes, created_at }
    }

    /// Returns the public key in PEM (RFC 8410 §4).
    #[must_use]
    pub fn to_pem(&self) -> String {
        let text = BASE64.encode(&[&SPKI[..], &self.bytes].concat());
        format!("{PEM_BEGIN}\n{text}\n{PEM_END}\n")
    }

    /// Parses all public keys in a PEM file. Their creation times are unknown.
    #[must_use]
    pub fn all_from_pem(text: &str) -> Vec<Self> {
        let parts = text.split(PEM_BEGIN).skip(1).filter_map(|rest| rest.split(PEM_END).next());
        let keys = parts.filter_map(|part| {
            let part: String = part.split_whitespace().collect();
            let bytes = BASE64.decode(part.as_bytes()).ok()?;
            Some(Self::of(bytes.strip_prefix(&SPKI[..])?.try_into().ok()?, Timestamp::default()))
        });
        keys.collect()
    }

    /// Returns whether the block has a valid signature by this key.
    #[must_use]
    pub fn verifies(&self, block: &Block) -> bool {
        self.has_signed(&block.message(), &block.signature)
    }

    /// Returns whether the signature of a message is valid.
    pub(super) fn has_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        let key = ParsedPublicKey::new(&ED25519, self.bytes);
        key.is_ok_and(|key| key.verify_sig(message, signature).is_ok())
    }
}

impl Record for AuditKey {
    const KIND: RecordKind = RecordKind::AuditKey;

    fn key(&self) -> String {
        // The store returns records of a kind in key order.
        format!("{:08}", self.number)
    }

    fn owner(&self) -> Option<&UserId> {
        None
    }

    fn expires_at(&self) -> Option<Timestamp> {
        None
    }

    fn to_bytes(&self) -> Vec<u8> {
        let stored = Stored { private: seal::hex(&self.private), created_at: self.public.created_at.millis() };
        serde_json::to_vec(&stored).unwrap_or_default()
    }

    fn from_bytes(key: &str, bytes: &[u8]) -> Option<Self> {
        let stored: Stored = serde_json::from_slice(bytes).ok()?;
        let private = Zeroizing::new(seal::unhex_all(&stored.private)?);
        Self::of(key.parse().ok()?, private, Timestamp::from_millis(stored.created_at))
    }
}
