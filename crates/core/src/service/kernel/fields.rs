//! Request fields and their errors, which are reported together.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};

use crate::{
    account::{
        attributes::{Attributes, BadAttributes},
        country::CountryCode,
        email::EmailAddress,
        name::{BadName, PersonName},
        password::{BadPassword, Password, Policy},
        phone::PhoneNumber,
    },
    error::{
        Error, FieldError, FieldRefusal, Result,
        catalogue::{
            ATTRIBUTES_INVALID, ATTRIBUTES_TOO_LARGE, CODE_INVALID, COUNTRY_UNKNOWN, EMAIL_INVALID, FIELD_MISSING,
            FIELD_NOT_TEXT, LIMIT_INVALID, NAME_EMPTY, NAME_TOO_LONG, NAME_UNWRITABLE, PASSWORD_BREACHED,
            PASSWORD_GUESSABLE, PASSWORD_IMPOSSIBLE, PASSWORD_REPETITIVE, PHONE_INVALID, password_too_short,
        },
    },
    link::TypedCode,
    realm::SignupField,
};

/// Default and maximum number of entries per page.
const PAGE: usize = 50;
const MAX_PAGE_LENGTH: usize = 200;

/// A request field as received. Personal data: never printed.
#[derive(Debug, Clone, Default)]
pub enum RawField {
    /// The field is missing or `null`.
    #[default]
    Missing,
    /// The field is not a string.
    NotText,
    /// The field is a JSON value other than a string or `null`.
    Json(RawJson),
    Text(SecretString),
}

/// JSON value of a field. May contain personal data: never printed.
#[derive(Clone)]
pub struct RawJson(pub serde_json::Value);

impl fmt::Debug for RawJson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RawJson(…)")
    }
}

impl RawField {
    /// Returns the value, if the field is a string.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text.expose_secret()) } else { None }
    }
}

impl From<&str> for RawField {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl From<String> for RawField {
    fn from(text: String) -> Self {
        Self::Text(text.into())
    }
}

/// A request field with several names, and the name that was used.
#[derive(Debug)]
pub struct NamedField {
    pub name: &'static str,
    pub value: RawField,
}

/// Errors in the fields of a request.
#[derive(Debug, Default)]
pub struct FieldErrors(Vec<FieldError>);

impl FieldErrors {
    /// Adds the error of a field.
    pub fn add(&mut self, error: FieldError) {
        self.0.push(error);
    }

    /// Adds the errors of fields that have none yet.
    pub(in crate::service) fn add_of_others(&mut self, errors: Vec<FieldError>) {
        for error in errors {
            if self.0.iter().all(|known| known.field != error.field) {
                self.add(error);
            }
        }
    }

    /// Returns whether no field has an error.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the error with all invalid fields.
    #[must_use]
    pub fn into_error(self) -> Error {
        Error::invalid(self.0)
    }

    /// Returns the value, if no field has an error.
    ///
    /// # Errors
    /// Returns `Invalid` with all invalid fields.
    pub fn finish<T>(self, value: Option<T>) -> Result<T> {
        match value {
            Some(value) if self.0.is_empty() => Ok(value),
            _ => Err(self.into_error()),
        }
    }

    /// Parses a required string.
    pub fn text<'a>(&mut self, field: &'static str, given: &'a RawField) -> Option<&'a str> {
        match given {
            RawField::Text(text) => return Some(text.expose_secret()),
            RawField::Missing => self.add(FIELD_MISSING.of(field)),
            RawField::NotText | RawField::Json(_) => self.add(FIELD_NOT_TEXT.of(field)),
        }
        None
    }

    /// Parses the number of entries of a page.
    pub(in crate::service) fn page_size(&mut self, given: &RawField) -> Option<usize> {
        let size = match given {
            RawField::Missing => Some(PAGE),
            RawField::Json(RawJson(size)) => size.as_u64().and_then(|size| usize::try_from(size).ok()),
            given => given.text().and_then(|text| text.parse().ok()),
        };
        let size = size.filter(|size| (1..=MAX_PAGE_LENGTH).contains(size));
        if size.is_none() {
            self.add(LIMIT_INVALID.of("limit"));
        }
        size
    }

    /// Parses an email address.
    pub fn email(&mut self, field: &'static str, given: &RawField) -> Option<EmailAddress> {
        let parsed = EmailAddress::parse(self.text(field, given)?);
        self.keep(field, parsed, |_| EMAIL_INVALID)
    }

    pub(in crate::service) fn name(&mut self, field: &'static str, given: &RawField) -> Option<PersonName> {
        let parsed = PersonName::parse(self.text(field, given)?);
        self.keep(field, parsed, |bad| match bad {
            BadName::Empty => NAME_EMPTY,
            BadName::TooLong => NAME_TOO_LONG,
            BadName::Unwritable => NAME_UNWRITABLE,
        })
    }

    pub(in crate::service) fn phone(&mut self, field: &'static str, given: &RawField) -> Option<PhoneNumber> {
        let parsed = PhoneNumber::parse(self.text(field, given)?);
        self.keep(field, parsed, |_| PHONE_INVALID)
    }

    pub(in crate::service) fn code(&mut self, field: &'static str, given: &RawField) -> Option<TypedCode> {
        let parsed = TypedCode::parse(self.text(field, given)?).ok_or(());
        self.keep(field, parsed, |()| CODE_INVALID)
    }

    pub(in crate::service) fn country(&mut self, field: &'static str, given: &RawField) -> Option<CountryCode> {
        let parsed = CountryCode::parse(self.text(field, given)?);
        self.keep(field, parsed, |_| COUNTRY_UNKNOWN)
    }

    /// Parses attributes. Defaults to an empty object.
    pub(in crate::service) fn attributes(&mut self, field: &'static str, given: &RawField) -> Option<Attributes> {
        let parsed = match given {
            RawField::Missing => Ok(Attributes::default()),
            RawField::Json(RawJson(value)) => Attributes::parse(value),
            RawField::NotText | RawField::Text(_) => Err(BadAttributes::NotAnObject),
        };
        self.keep(field, parsed, attributes_refusal)
    }

    /// Parses a merge patch for attributes and returns the result. `null` removes all of them.
    pub(in crate::service) fn merged_attributes(
        &mut self,
        field: &'static str,
        before: &Attributes,
        given: &RawField,
    ) -> Option<Attributes> {
        let merged = match given {
            RawField::Missing => Ok(Attributes::default()),
            RawField::Json(RawJson(patch)) if patch.is_object() => before.merged(patch),
            RawField::Json(_) | RawField::NotText | RawField::Text(_) => Err(BadAttributes::NotAnObject),
        };
        self.keep(field, merged, attributes_refusal)
    }

    /// Parses a registration field, unless it is missing and not required. The outer `None` means that it is invalid.
    pub(in crate::service) fn signup<T>(
        &mut self,
        field: SignupField,
        given: &RawField,
        required: &[SignupField],
        read: fn(&mut Self, &'static str, &RawField) -> Option<T>,
    ) -> Option<Option<T>> {
        match given {
            RawField::Missing if !required.contains(&field) => Some(None),
            _ => read(self, field.as_str(), given).map(Some),
        }
    }

    pub(in crate::service) fn password(
        &mut self,
        field: &'static str,
        given: &RawField,
        policy: &Policy,
        context: &[&str],
    ) -> Option<Password> {
        let bad = match policy.accept(self.text(field, given)?, context) {
            Ok(password) => return Some(password),
            Err(bad) => bad,
        };
        self.add(match bad {
            BadPassword::TooShort => password_too_short(field, policy.min_length),
            BadPassword::Impossible => PASSWORD_IMPOSSIBLE.of(field),
            BadPassword::Breached => PASSWORD_BREACHED.of(field),
            BadPassword::Repetitive => PASSWORD_REPETITIVE.of(field),
            BadPassword::Guessable => PASSWORD_GUESSABLE.of(field),
        });
        None
    }

    fn keep<T, E>(
        &mut self,
        field: &'static str,
        parsed: Result<T, E>,
        refusal: impl FnOnce(E) -> FieldRefusal,
    ) -> Option<T> {
        parsed.map_err(|bad| self.add(refusal(bad).of(field))).ok()
    }
}

const fn attributes_refusal(bad: BadAttributes) -> FieldRefusal {
    match bad {
        BadAttributes::NotAnObject | BadAttributes::TooDeep => ATTRIBUTES_INVALID,
        BadAttributes::TooLarge => ATTRIBUTES_TOO_LARGE,
    }
}
