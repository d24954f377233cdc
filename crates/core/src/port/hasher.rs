use async_trait::async_trait;

use crate::{
    account::password::{Password, PasswordHash},
    error::Cause,
    limit::LimitKey,
};

/// Hashes passwords, slowly on purpose, on threads of its own: those of different clients in turn, so that whoever sends
/// many waits behind itself.
#[async_trait]
pub trait PasswordHasher: Send + Sync + std::fmt::Debug {
    /// Whether a password of this client could wait now: asked before anything is done for it.
    ///
    /// # Errors
    /// [`HashError::Overloaded`].
    fn has_room(&self, client: Option<LimitKey>) -> Result<(), HashError>;

    /// The hash of a new password with this salt, at the present settings.
    ///
    /// # Errors
    /// [`HashError`].
    async fn hash(
        &self,
        client: Option<LimitKey>,
        password: &Password,
        salt: [u8; 16],
    ) -> Result<PasswordHash, HashError>;

    /// Whether the password is the one behind the hash. Without a hash, or with one that is [unusable](Self::check), it is
    /// no, at the cost of one: an error would tell that there is an account.
    ///
    /// # Errors
    /// [`HashError`].
    async fn verify(
        &self,
        client: Option<LimitKey>,
        password: &Password,
        hash: Option<&PasswordHash>,
    ) -> Result<bool, HashError>;

    /// Whether a hash can be compared with at all: of a kind that is known, and not dearer than any that settings ask for.
    ///
    /// # Errors
    /// [`HashError::Failed`].
    fn check(&self, hash: &PasswordHash) -> Result<(), HashError>;

    /// Whether a hash was made with weaker settings than the present ones.
    fn is_outdated(&self, hash: &PasswordHash) -> bool;
}

/// Why nothing was hashed.
#[derive(Debug, thiserror::Error)]
pub enum HashError {
    /// More passwords wait than the machine can hash in time.
    #[error("too many passwords wait to be hashed")]
    Overloaded,
    /// A defect, or a stored hash that cannot be read.
    #[error("hashing failed")]
    Failed(#[source] Cause),
}
