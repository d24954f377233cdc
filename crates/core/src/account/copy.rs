//! Serialized form of an account in a cache outside the process.

use serde::{Deserialize, Serialize};

use super::{Account, PendingEmail, Role, profile::StoredProfile};
use crate::{
    clock::Timestamp,
    id::UserId,
    record::Record as _,
    seal::{Sealed, hex, unhex_all},
};

/// Copy of an account, with the data needed to check whether it is still valid.
#[derive(Debug)]
pub(crate) struct AccountCopy {
    pub(crate) account: Account,
    /// Position of the change log before the account was read.
    pub(crate) position: u64,
    /// Time at which the copy was created.
    pub(crate) made_at: Timestamp,
}

/// Serialized form before sealing. No member is optional, so that copies of another program version are rejected.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    position: u64,
    made_at: i64,
    profile: StoredProfile,
    is_phone_verified: bool,
    two_step: bool,
    roles: Vec<String>,
    pending_email: Option<String>,
    has_password: bool,
    password_set_at: i64,
    created_at: i64,
    revision: u64,
    data_key: String,
}

impl AccountCopy {
    /// Returns the form to seal, or `None` if it cannot be serialized.
    pub(crate) fn to_bytes(&self) -> Option<Vec<u8>> {
        // Destructured, so that a new field of `Account` cannot be forgotten here.
        let Account {
            id: _,
            profile,
            updated_at,
            is_phone_verified,
            two_step,
            roles,
            pending_email,
            has_password,
            password_set_at,
            created_at,
            revision,
            data_key,
        } = &self.account;
        let pending = pending_email.as_ref().map(|pending| hex(&pending.to_bytes()));
        let stored = Stored {
            position: self.position,
            made_at: self.made_at.millis(),
            profile: StoredProfile::from(profile).dated(*updated_at),
            is_phone_verified: *is_phone_verified,
            two_step: *two_step,
            roles: roles.iter().map(|role| role.as_str().to_owned()).collect(),
            pending_email: pending,
            has_password: *has_password,
            password_set_at: password_set_at.millis(),
            created_at: created_at.millis(),
            revision: *revision,
            data_key: hex(data_key.as_bytes()),
        };
        serde_json::to_vec(&stored).ok()
    }

    /// Parses the sealed form. Returns `None` if it is unreadable.
    pub(crate) fn from_bytes(user: &UserId, bytes: &[u8]) -> Option<Self> {
        let stored: Stored = serde_json::from_slice(bytes).ok()?;
        let pending_email = match stored.pending_email {
            Some(pending) => Some(PendingEmail::from_bytes(user.as_str(), &unhex_all(&pending)?)?),
            None => None,
        };
        let account = Account {
            id: user.clone(),
            updated_at: stored.profile.updated_at(),
            profile: stored.profile.read().ok()?,
            is_phone_verified: stored.is_phone_verified,
            two_step: stored.two_step,
            roles: stored.roles.iter().map(|role| Role::parse(role)).collect::<Option<_>>()?,
            pending_email,
            has_password: stored.has_password,
            password_set_at: Timestamp::from_millis(stored.password_set_at),
            created_at: Timestamp::from_millis(stored.created_at),
            revision: stored.revision,
            data_key: Sealed::from_bytes(unhex_all(&stored.data_key)?),
        };
        Some(Self { account, position: stored.position, made_at: Timestamp::from_millis(stored.made_at) })
    }
}
