//! Registrations, and the users that they become.

use super::{Envelope, Lock, PendingEmail, Profile, Role};
use crate::{
    clock::Timestamp,
    error::Result,
    id::{RealmName, UserId},
    seal::{BlindIndex, RealmKeys, Sealed},
};

/// A request for an account whose address has not been verified yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registration {
    pub realm: RealmName,
    /// Identifier of the user that it becomes.
    pub id: UserId,
    /// Blind index of the address, which has at most one registration.
    pub index: BlindIndex,
    /// Sealed profile and password hash.
    pub envelope: Envelope,
    /// Whether there were several registrations with different passwords for this address. If so, none of the
    /// passwords is valid.
    pub contested: bool,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}

/// An account with a verified address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    pub realm: RealmName,
    pub id: UserId,
    /// Blind index of the address, which has at most one user.
    pub index: BlindIndex,
    /// Sealed profile and password hash.
    pub envelope: Envelope,
    /// Time when the password was set. Rehashing the same password does not change it.
    pub password_set_at: Timestamp,
    /// Time when the phone number was verified.
    pub phone_verified_at: Option<Timestamp>,
    /// Whether the number comes from a contested registration and may belong to someone else. If so, codes do not
    /// verify it.
    pub phone_disputed: bool,
    /// Whether the password may be compromised. It cannot be used to sign in until a new one is set.
    pub compromised: bool,
    /// Whether a password alone is not sufficient to log in.
    pub two_step: bool,
    /// Roles in the application. Only administrators set them.
    pub roles: Vec<Role>,
    /// Lock by an administrator. Has no effect once it has ended.
    pub lock: Option<Lock>,
    /// Start of the day on which a session was last created or refreshed.
    pub seen_on: Option<Timestamp>,
    /// Whether an administrator created the account.
    pub is_invited: bool,
    /// Time of registration.
    pub created_at: Timestamp,
    /// Number of changes. Each write states the revision that it is based on.
    pub revision: u64,
}

/// A user with a decrypted profile, as visible to its owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    pub id: UserId,
    pub profile: Profile,
    /// Time of the last change of the profile. `None` if an earlier version made it.
    pub updated_at: Option<Timestamp>,
    pub is_phone_verified: bool,
    /// Whether a password alone is not sufficient to log in.
    pub two_step: bool,
    /// Roles in the application.
    pub roles: Vec<Role>,
    /// Pending change of the email address, if it was loaded.
    pub pending_email: Option<PendingEmail>,
    /// Whether the account has a password.
    pub has_password: bool,
    /// Time when the password was set or removed.
    pub password_set_at: Timestamp,
    /// Time of registration.
    pub created_at: Timestamp,
    /// Number of changes.
    pub revision: u64,
    /// Wrapped data key, for data sealed for the user.
    pub data_key: Sealed,
}

impl Registration {
    /// Returns whether the registration still awaits verification.
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
            two_step: false,
            roles: Vec::new(),
            lock: None,
            seen_on: None,
            is_invited: false,
            created_at: self.created_at,
            revision: 1,
        }
    }
}

impl User {
    /// Returns whether an administrator has locked the account.
    #[must_use]
    pub fn is_locked(&self, now: Timestamp) -> bool {
        self.lock.as_ref().is_some_and(|lock| lock.holds(now))
    }

    /// Opens the part that is visible to the owner.
    ///
    /// # Errors
    /// Returns `Internal` if the envelope cannot be decrypted with the realm's keys.
    pub fn account(&self, keys: &RealmKeys) -> Result<Account> {
        let key = self.envelope.key(keys, &self.id)?;
        let (profile, updated_at) = self.envelope.open_dated_profile(&key)?;
        Ok(Account {
            id: self.id.clone(),
            profile,
            updated_at,
            is_phone_verified: self.phone_verified_at.is_some(),
            two_step: self.two_step,
            roles: self.roles.clone(),
            pending_email: None,
            has_password: self.envelope.open_password(&key)?.is_some(),
            password_set_at: self.password_set_at,
            created_at: self.created_at,
            revision: self.revision,
            data_key: self.envelope.data_key.clone(),
        })
    }
}
