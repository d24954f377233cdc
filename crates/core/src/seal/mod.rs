//! Keys and what they close: root keys wrapped by the operator's key, a data key a user, sealed fields, blind indexes.
//!
//! ```text
//! ENCRYPTION_KEY ─seals→ signing keys of our own making
//! ENCRYPTION_KEY ─wraps→ root key of a realm ─HKDF→ index key   blind indexes of addresses
//!                                                 → link key    links and codes
//!                                                 → refresh key  refresh tokens
//!                                                 → outbox key  recipients of what waits to be sent
//!                                                 → wrap key    ─wraps→ data key of a user ─seals→ profile, hash, …
//! ```
//!
//! Everything sealed is AES-256-GCM, bound to what it belongs to: a ciphertext that is moved to another realm, user or
//! field does not open.

mod cipher;
mod framing;
mod realm_keys;

pub use cipher::{Sealed, Unsealable};
pub use framing::{digest, mac};
pub use realm_keys::{BlindIndex, DataKey, RealmKeys, RootKey};

use std::sync::Arc;

use cipher::Cipher;
use zeroize::Zeroizing;

use crate::{Ctx, id::RealmName};

/// The operator's key: 256 bits that wrap the root keys of the realms. Never printed.
#[derive(Clone)]
pub struct EncryptionKey(Arc<Cipher>);

impl EncryptionKey {
    /// From 32 bytes of the operator's.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Arc::new(Cipher::new(&Zeroizing::new(bytes))))
    }

    /// Closes a realm's root key for the store.
    #[must_use]
    pub fn wrap(&self, ctx: &Ctx, realm: &RealmName, root: &RootKey) -> Sealed {
        self.0.seal(ctx, &["root", realm.as_str()], root.bytes())
    }

    /// Opens what [`wrap`](Self::wrap) closed.
    ///
    /// # Errors
    /// [`Unsealable`] when another key closed it.
    pub fn unwrap(&self, realm: &RealmName, wrapped: &Sealed) -> Result<RootKey, Unsealable> {
        RootKey::from_slice(&self.0.open(&["root", realm.as_str()], wrapped)?)
    }
}

impl EncryptionKey {
    /// Closes the private half of a signing key for the store.
    #[must_use]
    pub fn seal_signing_key(&self, ctx: &Ctx, kid: &str, private: &[u8]) -> Sealed {
        self.0.seal(ctx, &["signing-key", kid], private)
    }

    /// Opens what [`seal_signing_key`](Self::seal_signing_key) closed.
    ///
    /// # Errors
    /// [`Unsealable`] when another key closed it.
    pub fn open_signing_key(&self, kid: &str, sealed: &Sealed) -> Result<Zeroizing<Vec<u8>>, Unsealable> {
        self.0.open(&["signing-key", kid], sealed)
    }
}

impl std::fmt::Debug for EncryptionKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("EncryptionKey(…)")
    }
}
