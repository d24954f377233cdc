use async_trait::async_trait;

use super::{Effect, StoreError};
use crate::{
    account::{Registration, Role, User},
    clock::Timestamp,
    id::{RealmName, UserId},
    seal::BlindIndex,
    session::Change,
};

/// Queries of users.
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

    /// Returns a page of the users of a realm, newest first. All pages have the same cost.
    ///
    /// # Errors
    /// Returns [`StoreError`] if the store fails.
    async fn users_page(&self, query: &UserQuery) -> Result<Vec<User>, StoreError>;
}

/// Query for a page of users.
#[derive(Debug, Clone)]
pub struct UserQuery {
    pub realm: RealmName,
    pub is_locked: Option<bool>,
    pub role: Option<Role>,
    pub two_step: Option<bool>,
    /// Inclusive lower bound of the registration time.
    pub created_from: Option<Timestamp>,
    /// Exclusive upper bound of the registration time.
    pub created_before: Option<Timestamp>,
    /// Users who were last seen before this time, or never.
    pub seen_before: Option<Timestamp>,
    /// Prefix of the identifier. Empty for all users.
    pub id_prefix: String,
    /// Position after which the page starts.
    pub from: Option<UserPlace>,
    /// Whether to page backwards. The users are then returned oldest first.
    pub is_backwards: bool,
    /// Time used to evaluate locks.
    pub now: Timestamp,
    pub limit: usize,
}

impl UserQuery {
    /// Creates a query for all users of a realm.
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

/// Position of a user in the list, ordered by age.
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

/// User and registration of an address, read from the same snapshot.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AddressState {
    pub user: Option<User>,
    /// The registration may be expired.
    pub registration: Option<Registration>,
}

/// Writes to users.
#[derive(Debug, Clone)]
pub enum UserOp {
    /// Inserts a user. Requires both identifier and address to be free.
    Insert(User),
    /// Replaces a user. Requires the stored revision to be the previous one.
    Update(User),
    /// Removes a user and the data key that seals the user's personal data. Requires this revision.
    Delete { realm: RealmName, id: UserId, revision: u64 },
    /// Records that a user was seen on the day that starts at this time, if the user exists. Does not change the
    /// revision.
    Seen { realm: RealmName, id: UserId, on: Timestamp },
    /// Requires a user to exist at this revision.
    Require { realm: RealmName, id: UserId, revision: u64 },
    /// Requires an address to have a user if `is_taken`, or no user otherwise.
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
