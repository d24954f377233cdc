use async_trait::async_trait;

use super::{Effect, StoreError};
use crate::{
    account::{Registration, Role, User},
    clock::Timestamp,
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

    /// Returns a page of the users of a realm, newest first. The cost does not depend on the position of the page.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn users_page(&self, query: &UserQuery) -> Result<Vec<User>, StoreError>;
}

/// Query for a page of users.
#[derive(Debug, Clone)]
pub struct UserQuery {
    pub realm: RealmName,
    pub is_locked: Option<bool>,
    pub role: Option<Role>,
    pub two_step: Option<bool>,
    /// Earliest registration.
    pub created_from: Option<Timestamp>,
    /// Exclusive upper bound of the registration.
    pub created_before: Option<Timestamp>,
    /// Users who were last seen before this time, or never.
    pub seen_before: Option<Timestamp>,
    /// Beginning of the identifier; empty for all.
    pub id_prefix: String,
    /// Position in the list after which the page continues.
    pub from: Option<UserPlace>,
    /// Whether the page goes towards the beginning. It is then in the order of age.
    pub is_backwards: bool,
    /// Time at which locks are judged.
    pub now: Timestamp,
    pub limit: usize,
}

impl UserQuery {
    /// Queries all users of a realm.
    #[must_use]
    pub const fn of(realm: RealmName, now: Timestamp, limit: usize) -> Self {
        Self {
            realm,
            is_locked: None,
            role: None,
            two_step: None,
            created_from: None,
            created_before: None,
            seen_before: None,
            id_prefix: String::new(),
            from: None,
            is_backwards: false,
            now,
            limit,
        }
    }
}

/// Place of a user in the list by age.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserPlace {
    pub created_at: Timestamp,
    pub id: String,
}

impl From<&User> for UserPlace {
    fn from(user: &User) -> Self {
        Self { created_at: user.created_at, id: user.id.as_str().to_owned() }
    }
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
    /// Records that a user was seen on a day that begins at this time, if the user exists. This does not count as a change of
    /// the user.
    Seen { realm: RealmName, id: UserId, on: Timestamp },
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
            Self::Insert(_) | Self::Seen { .. } | Self::Require { .. } | Self::RequireAddress { .. } => Vec::new(),
        }
    }
}

fn changed(realm: &RealmName, user: &UserId) -> Effect {
    Effect::Changed(Change::UserChanged { realm: realm.clone(), user: user.clone() })
}
