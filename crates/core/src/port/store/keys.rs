use async_trait::async_trait;

use super::{Effect, StoreError};
use crate::{clock::Timestamp, id::RealmName, seal::Sealed, session::Change, token::Algorithm};

/// Reads of keys.
#[async_trait]
pub trait Keys {
    /// Returns the wrapped root keys of all realms.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn root_keys(&self) -> Result<Vec<RootKeyRow>, StoreError>;

    /// Returns the signing keys that the server made, oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn signing_keys(&self) -> Result<Vec<SigningKeyRow>, StoreError>;
}

/// Writes of keys.
#[derive(Debug, Clone)]
pub enum KeyOp {
    /// Writes a realm's wrapped root key. Requires its revision to follow the stored one (1 if there is none).
    PutRoot(RootKeyRow),
    /// Writes a signing key. If one with this `kid` exists, only its sealed private key is replaced.
    PutSigning(SigningKeyRow),
    /// Removes a signing key, if it exists.
    DeleteSigning { kid: String },
}

impl KeyOp {
    pub(super) fn effects(&self) -> Vec<Effect> {
        match self {
            Self::PutRoot(_) | Self::PutSigning(_) | Self::DeleteSigning { .. } => {
                vec![Effect::Changed(Change::KeysChanged)]
            }
        }
    }
}

/// A realm's root key, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RootKeyRow {
    pub realm: RealmName,
    /// The key, wrapped by the operator's key.
    pub wrapped: Sealed,
    /// Number of times it was wrapped.
    pub revision: u64,
}

/// A signing key that the server made, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SigningKeyRow {
    /// Header `kid` of the tokens that it signs.
    pub kid: String,
    pub algorithm: Algorithm,
    /// Private key in PKCS#8, sealed under the operator's key.
    pub private: Sealed,
    pub created_at: Timestamp,
}
