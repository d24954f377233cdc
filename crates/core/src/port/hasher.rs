use async_trait::async_trait;

use crate::{
    account::password::{Password, PasswordHash},
    error::Cause,
    limit::LimitKey,
};

/// Hashes passwords on threads of its own, those of different clients in turn, so that a client that sends many waits behind
/// itself.
#[async_trait]
pub trait PasswordHasher: Send + Sync + std::fmt::Debug {
    /// Checks whether the queue has room for a password of this client, before any work is done for it.
    ///
    /// # Errors
    /// [`HashError::Overloaded`].
    fn has_room(&self, client: Option<LimitKey>) -> Result<(), HashError>;

    /// Hashes a new password with this salt, at the present settings.
    ///
    /// # Errors
    /// [`HashError`].
    async fn hash(
        &self,
        client: Option<LimitKey>,
        password: &Password,
        salt: [u8; 16],
    ) -> Result<PasswordHash, HashError>;

    /// Verifies a password. Without a hash, or with one that is [unusable](Self::check), the result is `false`, at the same
    /// cost: an error would reveal that there is an account.
    ///
    /// # Errors
    /// [`HashError`].
    async fn verify(
        &self,
        client: Option<LimitKey>,
        password: &Password,
        hash: Option<&PasswordHash>,
    ) -> Result<bool, HashError>;

    /// Checks whether a hash is usable: of a known kind, and not more expensive than the settings can require.
    ///
    /// # Errors
    /// [`HashError::Failed`].
    fn check(&self, hash: &PasswordHash) -> Result<(), HashError>;

    /// Whether a hash was made with weaker settings than the present ones.
    fn is_outdated(&self, hash: &PasswordHash) -> bool;
}

/// Why a password was not hashed.
#[derive(Debug, thiserror::Error)]
pub enum HashError {
    /// More passwords wait than can be hashed in time.
    #[error("too many passwords wait to be hashed")]
    Overloaded,
    /// A defect, or an unreadable hash.
    #[error("hashing failed")]
    Failed(#[source] Cause),
}
