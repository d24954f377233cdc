//! Fields of requests, and their errors, which are reported together.

use std::borrow::Cow;

use secrecy::{ExposeSecret, SecretString};

use crate::{
    account::{
        country::CountryCode,
        email::EmailAddress,
        name::{BadName, PersonName},
        password::{BadPassword, Password, Policy},
        phone::PhoneNumber,
    },
    error::{Error, FieldError, Result},
};

/// Field of a request, as it was received. Personal data: never printed.
#[derive(Debug, Clone, Default)]
pub enum RawField {
    /// The field is missing or `null`.
    #[default]
    Missing,
    /// The field is not a text.
    NotText,
    Text(SecretString),
}

impl RawField {
    /// Returns the text, if it is one.
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

/// Errors in the fields of a request.
#[derive(Debug, Default)]
pub struct FieldErrors(Vec<FieldError>);

impl FieldErrors {
    /// Adds the error of a field.
    pub fn add(&mut self, field: &'static str, code: &'static str, detail: impl Into<Cow<'static, str>>) {
        self.0.push(FieldError { field, code, detail: detail.into() });
    }

    /// Returns the error that names all fields.
    #[must_use]
    pub fn into_error(self) -> Error {
        Error::invalid(self.0)
    }

    /// Returns the value, if no field has an error.
    ///
    /// # Errors
    /// Invalid, naming all fields with an error.
    pub fn finish<T>(self, value: Option<T>) -> Result<T> {
        match value {
            Some(value) if self.0.is_empty() => Ok(value),
            _ => Err(self.into_error()),
        }
    }

    /// Reads a required text.
    pub fn text<'a>(&mut self, field: &'static str, given: &'a RawField) -> Option<&'a str> {
        match given {
            RawField::Text(text) => return Some(text.expose_secret()),
            RawField::Missing => self.add(field, "field.missing", "This field is needed."),
            RawField::NotText => self.add(field, "field.type", "This field must be a text."),
        }
        None
    }

    /// Reads an email address.
    pub fn email(&mut self, field: &'static str, given: &RawField) -> Option<EmailAddress> {
        let parsed = EmailAddress::parse(self.text(field, given)?);
        self.keep(field, parsed, |_| ("email.invalid", "This is not a valid e-mail address."))
    }

    pub(in crate::service) fn name(&mut self, field: &'static str, given: &RawField) -> Option<PersonName> {
        let parsed = PersonName::parse(self.text(field, given)?);
        self.keep(field, parsed, |bad| match bad {
            BadName::Empty => ("name.empty", "A name must not be empty."),
            BadName::TooLong => ("name.too_long", "A name may have at most 100 characters."),
            BadName::Unwritable => ("name.unwritable", "A name must not contain control characters."),
        })
    }

    pub(in crate::service) fn phone(&mut self, field: &'static str, given: &RawField) -> Option<PhoneNumber> {
        let parsed = PhoneNumber::parse(self.text(field, given)?);
        self.keep(field, parsed, |_| {
            ("phone.invalid", "A phone number must be in international form, such as +1234567890.")
        })
    }

    pub(in crate::service) fn country(&mut self, field: &'static str, given: &RawField) -> Option<CountryCode> {
        let parsed = CountryCode::parse(self.text(field, given)?);
        self.keep(field, parsed, |_| {
            ("country.unknown", "A country is named by its ISO code, such as US, or its dial code, such as +1.")
        })
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
        match bad {
            BadPassword::TooShort => {
                let least = format!("A password must have at least {} characters.", policy.min_length);
                self.add(field, "password.too_short", least);
            }
            BadPassword::Impossible => {
                self.add(
                    field,
                    "password.impossible",
                    "A password may have at most 1,024 bytes and no control characters.",
                );
            }
            BadPassword::Breached => {
                self.add(
                    field,
                    "password.breached",
                    "This password is among the first that anybody would try. Please choose another.",
                );
            }
            BadPassword::Guessable => {
                self.add(
                    field,
                    "password.guessable",
                    "This password is made of your own name or address. Please choose another.",
                );
            }
        }
        None
    }

    fn keep<T, E>(
        &mut self,
        field: &'static str,
        parsed: Result<T, E>,
        say: impl FnOnce(E) -> (&'static str, &'static str),
    ) -> Option<T> {
        parsed
            .map_err(|bad| {
                let (code, detail) = say(bad);
                self.add(field, code, detail);
            })
            .ok()
    }
}
