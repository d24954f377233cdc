//! Profiles: the personal data that users enter.

use serde::{Deserialize, Serialize};

use crate::{
    account::{country::CountryCode, email::EmailAddress, name::PersonName, phone::PhoneNumber},
    error::{Error, Result},
};

/// Name, address, phone number and country of a user. Personal data throughout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// Given name.
    pub first_name: PersonName,
    /// Family name.
    pub last_name: PersonName,
    /// Email address in canonical form.
    pub email: EmailAddress,
    /// Phone number in E.164.
    pub phone: PhoneNumber,
    /// ISO or dial code, as entered.
    pub country: CountryCode,
}

/// Serialised form of a profile, as it is sealed.
#[derive(Serialize, Deserialize)]
pub(super) struct StoredProfile {
    first_name: String,
    last_name: String,
    email: String,
    phone: String,
    country: String,
}

impl From<&Profile> for StoredProfile {
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

impl StoredProfile {
    pub(super) fn read(self) -> Result<Profile> {
        Ok(Profile {
            first_name: PersonName::parse(&self.first_name).map_err(Error::internal)?,
            last_name: PersonName::parse(&self.last_name).map_err(Error::internal)?,
            email: EmailAddress::stored(&self.email).map_err(Error::internal)?,
            phone: PhoneNumber::from_stored(&self.phone).map_err(Error::internal)?,
            country: CountryCode::parse(&self.country).map_err(Error::internal)?,
        })
    }
}
