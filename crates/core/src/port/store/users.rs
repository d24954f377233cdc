use async_trait::async_trait;

use super::{Effect, StoreError};
use crate::{
    account::{Registration, User},
    id::{RealmName, UserId},
    seal::BlindIndex,
    session::Change,
};

/// Reads of users.
#[async_trait]
pub trait Users {
    /// Returns a user.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn user(&self, realm: &RealmName, id: &UserId) -> Result<Option<User>, StoreError>;

    /// Returns the user and the registration of an address, read from the same snapshot.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn at_address(&self, realm: &RealmName, index: BlindIndex) -> Result<AddressState, StoreError>;
}

/// Who has an address, as of one snapshot.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AddressState {
    pub user: Option<User>,
    /// May be expired.
    pub registration: Option<Registration>,
}

/// Writes of users.
#[derive(Debug, Clone)]
pub enum UserOp {
    /// Inserts a user. Requires both identifier and address to be free.
    Insert(User),
    /// Replaces a user. Requires the stored revision to be the one before.
    Update(User),
    /// Removes a user and the data key that seals its personal data. Requires this revision.
    Delete { realm: RealmName, id: UserId, revision: u64 },
    /// Requires a user to exist at this revision.
    Require { realm: RealmName, id: UserId, revision: u64 },
    /// Requires an address to have a user, if `is_taken`, or to have none.
    RequireAddress { realm: RealmName, index: BlindIndex, is_taken: bool },
}

impl UserOp {
    pub(super) fn effects(&self) -> Vec<Effect> {
        match self {
            Self::Update(user) => vec![changed(&user.realm, &user.id)],
            Self::Delete { realm, id, .. } => vec![changed(realm, id)],
            Self::Insert(_) | Self::Require { .. } | Self::RequireAddress { .. } => Vec::new(),
        }
    }
}

fn changed(realm: &RealmName, user: &UserId) -> Effect {
    Effect::Changed(Change::UserChanged { realm: realm.clone(), user: user.clone() })
}
