//! Registrations, and the users that they become.

use super::{Envelope, PendingEmail, Profile};
use crate::{
    clock::Timestamp,
    error::Result,
    id::{RealmName, UserId},
    seal::{BlindIndex, RealmKeys, Sealed},
};

/// A request for an account whose address is not verified yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registration {
    pub realm: RealmName,
    /// Identifier of the user that it becomes.
    pub id: UserId,
    /// Blind index of the address; an address has at most one registration.
    pub index: BlindIndex,
    /// Sealed profile and password hash.
    pub envelope: Envelope,
    /// Whether registrations with different passwords were made for this address. None of their passwords counts then.
    pub contested: bool,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}

/// An account whose address is verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    pub realm: RealmName,
    pub id: UserId,
    /// Blind index of the address; an address has at most one user.
    pub index: BlindIndex,
    /// Sealed profile and password hash.
    pub envelope: Envelope,
    /// Time at which the password was chosen. Rehashing the same password does not change it.
    pub password_set_at: Timestamp,
    /// Time at which the phone number was verified, if it was.
    pub phone_verified_at: Option<Timestamp>,
    /// Whether the number comes from a contested registration, so that its author is unknown. No code verifies it then.
    pub phone_disputed: bool,
    /// Whether the password may be known to another person: it opens no session until another one is set.
    pub compromised: bool,
    /// Time of the registration.
    pub created_at: Timestamp,
    /// Number of changes; a write names the revision that it was made from.
    pub revision: u64,
}

/// A user with an open profile, as its owner may see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    pub id: UserId,
    pub profile: Profile,
    pub is_phone_verified: bool,
    /// Change of the address that waits for its link, if it was read.
    pub pending_email: Option<PendingEmail>,
    /// Time at which the password was chosen.
    pub password_set_at: Timestamp,
    /// Time of the registration.
    pub created_at: Timestamp,
    /// Number of changes.
    pub revision: u64,
    /// Wrapped data key, for what is sealed about the user.
    pub data_key: Sealed,
}

impl Registration {
    /// Returns whether it still waits for verification.
    #[must_use]
    pub fn is_pending(&self, now: Timestamp) -> bool {
        self.expires_at > now
    }

    /// Returns the user that this registration becomes, at its first revision.
    #[must_use]
    pub fn into_user(self) -> User {
        User {
            realm: self.realm,
            id: self.id,
            index: self.index,
            envelope: self.envelope,
            password_set_at: self.created_at,
            phone_verified_at: None,
            phone_disputed: self.contested,
            compromised: false,
            created_at: self.created_at,
            revision: 1,
        }
    }
}

impl User {
    /// Opens the part that the owner may see.
    ///
    /// # Errors
    /// Internal, if the envelope cannot be opened with the realm's keys.
    pub fn account(&self, keys: &RealmKeys) -> Result<Account> {
        let key = self.envelope.key(keys, &self.id)?;
        Ok(Account {
            id: self.id.clone(),
            profile: self.envelope.open_profile(&key)?,
            is_phone_verified: self.phone_verified_at.is_some(),
            pending_email: None,
            password_set_at: self.password_set_at,
            created_at: self.created_at,
            revision: self.revision,
            data_key: self.envelope.data_key.clone(),
        })
    }
}
