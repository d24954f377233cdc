//! Sealed data of users and registrations.

use super::{Profile, profile::StoredProfile};
use crate::{
    account::password::PasswordHash,
    clock::Timestamp,
    ctx::Ctx,
    error::{Error, Result},
    id::UserId,
    seal::{DataKey, RealmKeys, Sealed},
};

/// The sealed part of a user or registration: the wrapped data key, and the values sealed with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// The data key, wrapped with the realm's key.
    pub data_key: Sealed,
    /// The sealed [`Profile`].
    pub profile: Sealed,
    /// The sealed [`PasswordHash`]. Empty if the account has no password.
    pub password: Sealed,
}

impl Envelope {
    /// Seals a profile and a hash under a new data key.
    ///
    /// # Errors
    /// Returns `Internal` if the profile cannot be serialized.
    pub fn seal(ctx: &Ctx, keys: &RealmKeys, id: &UserId, profile: &Profile, hash: &PasswordHash) -> Result<Self> {
        let (key, data_key) = keys.new_data_key(ctx, id);
        Ok(Self { data_key, profile: seal_profile(ctx, &key, profile)?, password: seal_password(ctx, &key, hash) })
    }

    /// Creates an envelope without a user. It contains a profile and a hash that no password matches, so that opening
    /// it takes the same time as a real one.
    pub(crate) fn decoy(ctx: &Ctx, keys: &RealmKeys, id: &UserId) -> Self {
        let (key, data_key) = keys.new_data_key(ctx, id);
        let password = seal_password(ctx, &key, &PasswordHash::none());
        Self { data_key, profile: key.seal(ctx, "profile", DECOY_PROFILE.as_bytes()), password }
    }

    /// Opens the data key.
    ///
    /// # Errors
    /// Returns `Internal` if it belongs to another realm or user.
    pub fn key(&self, keys: &RealmKeys, id: &UserId) -> Result<DataKey> {
        keys.open_data_key(id, &self.data_key).map_err(Error::internal)
    }

    /// Opens the profile.
    ///
    /// # Errors
    /// Returns `Internal` if it cannot be decrypted or parsed.
    pub fn open_profile(&self, key: &DataKey) -> Result<Profile> {
        self.stored_profile(key)?.read()
    }

    /// Opens the profile. Also returns the time of its last change, if it is known.
    ///
    /// # Errors
    /// Returns `Internal` if it cannot be decrypted or parsed.
    pub(crate) fn open_dated_profile(&self, key: &DataKey) -> Result<(Profile, Option<Timestamp>)> {
        let stored = self.stored_profile(key)?;
        let updated_at = stored.updated_at();
        Ok((stored.read()?, updated_at))
    }

    fn stored_profile(&self, key: &DataKey) -> Result<StoredProfile> {
        let plain = key.open("profile", &self.profile).map_err(Error::internal)?;
        serde_json::from_slice(&plain).map_err(Error::internal)
    }

    /// Opens the password hash. Returns `None` if the account has no password.
    ///
    /// # Errors
    /// Returns `Internal` if it cannot be decrypted.
    pub fn open_password(&self, key: &DataKey) -> Result<Option<PasswordHash>> {
        let plain = key.open("password", &self.password).map_err(Error::internal)?;
        let phc = std::str::from_utf8(&plain).map_err(Error::internal)?;
        Ok(Some(phc).filter(|phc| !phc.is_empty()).map(|phc| PasswordHash::from_phc(phc.to_owned())))
    }

    /// Returns a copy with another profile, which was changed now.
    ///
    /// # Errors
    /// Returns `Internal` if the profile cannot be serialized.
    pub fn with_profile(&self, ctx: &Ctx, key: &DataKey, profile: &Profile) -> Result<Self> {
        Ok(Self { profile: seal_profile(ctx, key, profile)?, ..self.clone() })
    }

    /// Returns a copy with another password hash.
    #[must_use]
    pub fn with_password(&self, ctx: &Ctx, key: &DataKey, hash: &PasswordHash) -> Self {
        Self { password: seal_password(ctx, key, hash), ..self.clone() }
    }

    /// Returns a copy without a password.
    #[must_use]
    pub fn without_password(&self, ctx: &Ctx, key: &DataKey) -> Self {
        Self { password: key.seal(ctx, "password", &[]), ..self.clone() }
    }
}

/// Profile of typical length, with a fictional phone number (NANP).
const DECOY_PROFILE: &str = r#"{"first_name":"Decoy","last_name":"Account","email":"decoy@example.com","phone":"+12025550100","country":"US","updated_at":1767225600000}"#;

fn seal_profile(ctx: &Ctx, key: &DataKey, profile: &Profile) -> Result<Sealed> {
    let profile = StoredProfile::from(profile).dated(Some(ctx.now));
    let profile = serde_json::to_vec(&profile).map_err(Error::internal)?;
    Ok(key.seal(ctx, "profile", &profile))
}

fn seal_password(ctx: &Ctx, key: &DataKey, hash: &PasswordHash) -> Sealed {
    key.seal(ctx, "password", hash.expose().as_bytes())
}
