use async_trait::async_trait;

use super::{Effect, StoreError};
use crate::{
    account::Registration,
    clock::Timestamp,
    id::{RealmName, UserId},
};

/// Queries of registrations.
#[async_trait]
pub trait Registrations {
    /// Returns a registration, even if it is expired.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn registration(&self, realm: &RealmName, id: &UserId) -> Result<Option<Registration>, StoreError>;
}

/// Writes to registrations.
#[derive(Debug, Clone)]
pub enum RegistrationOp {
    /// Writes a registration and replaces the one with the same address. Requires the latter to be as expected.
    Put { row: Registration, replaces: Replaces },
    /// Marks a registration as contested if `is_contested`, and extends its expiry to `expires_at` if that is later.
    /// Neither is ever reverted. Requires it to exist.
    Contest { realm: RealmName, id: UserId, is_contested: bool, expires_at: Timestamp },
    /// Removes a registration. Requires it to exist.
    Delete { realm: RealmName, id: UserId },
}

impl RegistrationOp {
    pub(super) const fn effects(&self) -> Vec<Effect> {
        match self {
            Self::Put { .. } | Self::Contest { .. } | Self::Delete { .. } => Vec::new(),
        }
    }
}

/// Registration that a new one may replace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Replaces {
    /// Only this registration, or none if `None`. If it has become contested, only a contested registration may
    /// replace it.
    Exactly(Option<UserId>),
    /// Any registration, whether or not its address is contested.
    Anything,
}
