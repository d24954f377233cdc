//! Profiles: personal data entered by users.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    account::{
        attributes::Attributes, country::CountryCode, email::EmailAddress, locale::Locale, name::PersonName,
        phone::PhoneNumber,
    },
    clock::Timestamp,
    error::{Error, Result},
};

/// Email address of a user, and other data that the user has entered. Personal data throughout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// Email address in canonical form.
    pub email: EmailAddress,
    /// Given name of the user.
    pub first_name: Option<PersonName>,
    /// Family name of the user.
    pub last_name: Option<PersonName>,
    /// Phone number in E.164.
    pub phone: Option<PhoneNumber>,
    /// ISO or calling code, as entered.
    pub country: Option<CountryCode>,
    /// Preferred language of the user (BCP 47).
    pub locale: Option<Locale>,
    /// JSON object defined by the application.
    pub attributes: Attributes,
}

impl Profile {
    /// Returns the given name for a greeting, or an empty string if there is none or it is unsuitable.
    #[must_use]
    pub fn greeting_name(&self) -> &str {
        self.first_name.as_ref().map_or("", PersonName::for_greeting)
    }

    /// Returns the texts that a password must not consist of.
    pub(crate) fn guessable(&self) -> Vec<&str> {
        let names = [&self.first_name, &self.last_name].into_iter().flatten().map(PersonName::as_str);
        names.chain([self.email.as_str()]).collect()
    }
}

/// Serialized form of a profile before sealing. Every member except the address is optional and unknown members are
/// ignored, so that profiles of earlier and later versions can be read. New members must be optional too.
#[derive(Serialize, Deserialize)]
pub(crate) struct StoredProfile {
    email: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    first_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    phone: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    country: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    locale: Option<String>,
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    attributes: Map<String, Value>,
    /// Time of the last change, in milliseconds. Profiles of earlier versions have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    updated_at: Option<i64>,
}

impl From<&Profile> for StoredProfile {
    fn from(profile: &Profile) -> Self {
        Self {
            email: profile.email.as_str().to_owned(),
            first_name: profile.first_name.as_ref().map(|name| name.as_str().to_owned()),
            last_name: profile.last_name.as_ref().map(|name| name.as_str().to_owned()),
            phone: profile.phone.as_ref().map(|phone| phone.as_str().to_owned()),
            country: profile.country.as_ref().map(|country| country.as_str().to_owned()),
            locale: profile.locale.as_ref().map(|locale| locale.as_str().to_owned()),
            attributes: profile.attributes.members().clone(),
            updated_at: None,
        }
    }
}

impl StoredProfile {
    /// Returns the profile with the time of its last change.
    pub(crate) fn dated(self, updated_at: Option<Timestamp>) -> Self {
        Self { updated_at: updated_at.map(Timestamp::millis), ..self }
    }

    /// Returns the time of the last change, if it is known.
    pub(crate) fn updated_at(&self) -> Option<Timestamp> {
        self.updated_at.map(Timestamp::from_millis)
    }

    pub(crate) fn read(self) -> Result<Profile> {
        let name = |stored: Option<String>| stored.map(|name| PersonName::parse(&name)).transpose();
        let phone = self.phone.map(|phone| PhoneNumber::from_stored(&phone)).transpose();
        let country = self.country.map(|country| CountryCode::parse(&country)).transpose();
        Ok(Profile {
            email: EmailAddress::stored(&self.email).map_err(Error::internal)?,
            first_name: name(self.first_name).map_err(Error::internal)?,
            last_name: name(self.last_name).map_err(Error::internal)?,
            phone: phone.map_err(Error::internal)?,
            country: country.map_err(Error::internal)?,
            locale: self.locale.as_deref().and_then(Locale::parse),
            attributes: Attributes::from_stored(self.attributes),
        })
    }
}
