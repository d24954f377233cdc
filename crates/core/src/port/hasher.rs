use async_trait::async_trait;

use crate::{
    account::password::{Password, PasswordHash},
    error::Cause,
    limit::LimitKey,
};

/// Hashes passwords on separate threads. It is fair: a client that sends many passwords only delays itself.
#[async_trait]
pub trait PasswordHasher: Send + Sync + std::fmt::Debug {
    /// Checks whether the queue has room for a password of this client, before doing any work for it.
    ///
    /// # Errors
    /// Returns [`HashError::Overloaded`] if the queue is full.
    fn has_room(&self, client: Option<LimitKey>) -> Result<(), HashError>;

    /// Hashes a new password with this salt and the current settings.
    ///
    /// # Errors
    /// Returns [`HashError`] if the queue is full or hashing fails.
    async fn hash(
        &self,
        client: Option<LimitKey>,
        password: &Password,
        salt: [u8; 16],
    ) -> Result<PasswordHash, HashError>;

    /// Verifies a password. Without a hash, or with an [unusable](Self::check) one, the result is `false` at the same
    /// cost, because an error would reveal that the account exists.
    ///
    /// # Errors
    /// Returns [`HashError`] if the queue is full or hashing fails.
    async fn verify(
        &self,
        client: Option<LimitKey>,
        password: &Password,
        hash: Option<&PasswordHash>,
    ) -> Result<bool, HashError>;

    /// Checks whether a hash is usable: of a supported kind, and not more expensive than the settings allow.
    ///
    /// # Errors
    /// Returns [`HashError::Failed`] if the hash is unusable.
    fn check(&self, hash: &PasswordHash) -> Result<(), HashError>;

    /// Returns whether a hash was created with weaker settings than the current ones.
    fn is_outdated(&self, hash: &PasswordHash) -> bool;
}

/// Reason why a password was not hashed.
#[derive(Debug, thiserror::Error)]
pub enum HashError {
    /// The queue is too long to hash another password in time.
    #[error("too many passwords are waiting to be hashed")]
    Overloaded,
    /// An internal error, or an unusable hash.
    #[error("hashing failed")]
    Failed(#[source] Cause),
}
