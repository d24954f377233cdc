//! Encryption: root keys wrapped by the operator's key, a data key per user, sealed fields and blind indexes.
//!
//! ```text
//! ENCRYPTION_KEY ─seals→ signing keys that the server generates
//! ENCRYPTION_KEY ─wraps→ root key of a realm ─HKDF→ index key   blind indexes of addresses
//!                                                 → link key    links and codes
//!                                                 → refresh key  refresh tokens
//!                                                 → cursor key  cursors of lists
//!                                                 → audit key   clients of audit rows that are about no user
//!                                                 → outbox key  recipients of messages that wait for delivery
//!                                                 → page key    what a page carries in its URL
//!                                                 → wrap key    ─wraps→ data key of a user ─seals→ profile, hash, …
//! ```
//!
//! Sealed data is encrypted with AES-256-GCM and bound to its realm, user and field: a ciphertext copied to another place
//! cannot be opened.

mod cipher;
mod framing;
mod hex;
mod realm_keys;

pub use cipher::{Sealed, Unsealable};
pub use framing::{digest, mac};
pub(crate) use hex::{hex, unhex, unhex_all};
pub use realm_keys::{BlindIndex, DataKey, RealmKeys, RootKey};

use std::sync::Arc;

use cipher::Cipher;
use zeroize::Zeroizing;

use crate::{Ctx, id::RealmName};

/// The operator's key: 256 bits that wrap the root keys of the realms. Never printed.
#[derive(Clone)]
pub struct EncryptionKey(Arc<Cipher>);

impl EncryptionKey {
    /// Creates the key from its 32 bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Arc::new(Cipher::new(&Zeroizing::new(bytes))))
    }

    /// Wraps a realm's root key for the store.
    #[must_use]
    pub fn wrap(&self, ctx: &Ctx, realm: &RealmName, root: &RootKey) -> Sealed {
        self.0.seal(ctx, &["root", realm.as_str()], root.bytes())
    }

    /// Unwraps a root key wrapped with [`wrap`](Self::wrap).
    ///
    /// # Errors
    /// Returns [`Unsealable`] if it was wrapped with another key.
    pub fn unwrap(&self, realm: &RealmName, wrapped: &Sealed) -> Result<RootKey, Unsealable> {
        RootKey::from_slice(&self.0.open(&["root", realm.as_str()], wrapped)?)
    }
}

impl EncryptionKey {
    /// Seals a private signing key for the store.
    #[must_use]
    pub fn seal_signing_key(&self, ctx: &Ctx, kid: &str, private: &[u8]) -> Sealed {
        self.0.seal(ctx, &["signing-key", kid], private)
    }

    /// Opens a private key sealed with [`seal_signing_key`](Self::seal_signing_key).
    ///
    /// # Errors
    /// Returns [`Unsealable`] if it was sealed under another key.
    pub fn open_signing_key(&self, kid: &str, sealed: &Sealed) -> Result<Zeroizing<Vec<u8>>, Unsealable> {
        self.0.open(&["signing-key", kid], sealed)
    }
}

impl std::fmt::Debug for EncryptionKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("EncryptionKey(…)")
    }
}
