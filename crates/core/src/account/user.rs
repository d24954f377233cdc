//! Registrations and the users that they become.

use serde::{Deserialize, Serialize};

use crate::{
    account::{
        country::CountryCode, email::EmailAddress, name::PersonName, password::PasswordHash, phone::PhoneNumber,
    },
    clock::Timestamp,
    ctx::Ctx,
    error::{Error, Result},
    id::{RealmName, UserId},
    seal::{BlindIndex, DataKey, RealmKeys, Sealed},
};

/// What a person told about themselves. Personal data throughout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// Given name.
    pub first_name: PersonName,
    /// Family name.
    pub last_name: PersonName,
    /// The canonical address.
    pub email: EmailAddress,
    /// The number in E.164.
    pub phone: PhoneNumber,
    /// ISO or dial code, as given.
    pub country: CountryCode,
}

/// The part of a user or registration that is closed: the wrapped data key, and what it seals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vault {
    /// The data key, wrapped by the realm.
    pub data_key: Sealed,
    /// The [`Profile`].
    pub profile: Sealed,
    /// The [`PasswordHash`].
    pub password: Sealed,
}

/// Somebody who asked for an account and has not yet proved the address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registration {
    /// The realm.
    pub realm: RealmName,
    /// Becomes the user's.
    pub id: UserId,
    /// Of the address; one registration each.
    pub index: BlindIndex,
    /// Profile and hash.
    pub vault: Vault,
    /// Whether registrations with different passwords came for this address: then none of them counts.
    pub contested: bool,
    /// When it came.
    pub created_at: Timestamp,
    /// When it lapses.
    pub expires_at: Timestamp,
}

/// Somebody whose address is proved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The realm.
    pub realm: RealmName,
    /// For ever theirs.
    pub id: UserId,
    /// Of the address; one user each.
    pub index: BlindIndex,
    /// Profile and hash.
    pub vault: Vault,
    /// When the password was chosen; a hash at other settings is no other password.
    pub password_set_at: Timestamp,
    /// When the phone number was proved, if it was.
    pub phone_verified_at: Option<Timestamp>,
    /// Whether the number may be somebody else's: the address was contested, and nobody knows who typed it. Then no code
    /// proves it.
    pub phone_disputed: bool,
    /// When the registration came.
    pub created_at: Timestamp,
    /// Counts the changes; a write names the one that it was made from.
    pub revision: u64,
}

/// A user as their owner may see them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The user's identifier.
    pub id: UserId,
    /// What they told.
    pub profile: Profile,
    /// Whether the phone number is proved.
    pub is_phone_verified: bool,
    /// When the registration came.
    pub created_at: Timestamp,
}

impl Registration {
    /// The user that this registration becomes, at its first revision.
    #[must_use]
    pub fn into_user(self) -> User {
        User {
            realm: self.realm,
            id: self.id,
            index: self.index,
            vault: self.vault,
            password_set_at: self.created_at,
            phone_verified_at: None,
            phone_disputed: self.contested,
            created_at: self.created_at,
            revision: 1,
        }
    }
}

impl User {
    /// Opens what the owner may see.
    ///
    /// # Errors
    /// Internal, when the record does not open under the realm's keys.
    pub fn account(&self, keys: &RealmKeys) -> Result<Account> {
        let key = self.vault.key(keys, &self.id)?;
        Ok(Account {
            id: self.id.clone(),
            profile: self.vault.open_profile(&key)?,
            is_phone_verified: self.phone_verified_at.is_some(),
            created_at: self.created_at,
        })
    }
}

impl Vault {
    /// Seals a new vault under a new data key.
    ///
    /// # Errors
    /// Internal, when the profile cannot be written.
    pub fn seal(ctx: &Ctx, keys: &RealmKeys, id: &UserId, profile: &Profile, hash: &PasswordHash) -> Result<Self> {
        let (key, data_key) = keys.new_data_key(ctx, id);
        let profile = serde_json::to_vec(&Written::from(profile)).map_err(Error::internal)?;
        let profile = key.seal(ctx, "profile", &profile);
        Ok(Self { data_key, profile, password: seal_password(ctx, &key, hash) })
    }

    /// One of nobody: opens like anybody's, to a hash that is no password's.
    pub(crate) fn of_nobody(ctx: &Ctx, keys: &RealmKeys, id: &UserId) -> Self {
        let (key, data_key) = keys.new_data_key(ctx, id);
        let password = seal_password(ctx, &key, &PasswordHash::from_phc(NOBODYS_HASH.to_owned()));
        Self { data_key, profile: password.clone(), password }
    }

    /// Opens the data key.
    ///
    /// # Errors
    /// Internal, when it is not this realm's and user's.
    pub fn key(&self, keys: &RealmKeys, id: &UserId) -> Result<DataKey> {
        keys.open_data_key(id, &self.data_key).map_err(Error::internal)
    }

    /// Opens the profile.
    ///
    /// # Errors
    /// Internal, when it does not open or cannot be read.
    pub fn open_profile(&self, key: &DataKey) -> Result<Profile> {
        let plain = key.open("profile", &self.profile).map_err(Error::internal)?;
        serde_json::from_slice::<Written>(&plain).map_err(Error::internal)?.read()
    }

    /// Opens the hash.
    ///
    /// # Errors
    /// Internal, when it does not open.
    pub fn open_password(&self, key: &DataKey) -> Result<PasswordHash> {
        let plain = key.open("password", &self.password).map_err(Error::internal)?;
        Ok(PasswordHash::from_phc(std::str::from_utf8(&plain).map_err(Error::internal)?.to_owned()))
    }

    /// The same vault with another hash.
    #[must_use]
    pub fn with_password(&self, ctx: &Ctx, key: &DataKey, hash: &PasswordHash) -> Self {
        Self { password: seal_password(ctx, key, hash), ..self.clone() }
    }
}

/// As long as any.
const NOBODYS_HASH: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

fn seal_password(ctx: &Ctx, key: &DataKey, hash: &PasswordHash) -> Sealed {
    key.seal(ctx, "password", hash.expose().as_bytes())
}

/// The profile's form inside the seal.
#[derive(Serialize, Deserialize)]
struct Written {
    first_name: String,
    last_name: String,
    email: String,
    phone: String,
    country: String,
}

impl From<&Profile> for Written {
    fn from(profile: &Profile) -> Self {
        Self {
            first_name: profile.first_name.as_str().to_owned(),
            last_name: profile.last_name.as_str().to_owned(),
            email: profile.email.as_str().to_owned(),
            phone: profile.phone.as_str().to_owned(),
            country: profile.country.as_str().to_owned(),
        }
    }
}

impl Written {
    fn read(self) -> Result<Profile> {
        Ok(Profile {
            first_name: PersonName::parse(&self.first_name).map_err(Error::internal)?,
            last_name: PersonName::parse(&self.last_name).map_err(Error::internal)?,
            email: EmailAddress::parse(&self.email).map_err(Error::internal)?,
            phone: PhoneNumber::parse(&self.phone).map_err(Error::internal)?,
            country: CountryCode::parse(&self.country).map_err(Error::internal)?,
        })
    }
}
