use super::passkey::PasskeyUse;
use crate::{
    account::{name::PersonName, phone::PhoneNumber},
    session::device_name,
};

/// Name that a user gives a factor. Personal data: never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct FactorName(String);

/// Maximum length of a name in characters.
const MAX: usize = 64;

impl FactorName {
    /// Parses a name of 1 to 64 characters without control characters. Returns `None` for other text.
    #[must_use]
    pub fn parse(raw: &str) -> Option<Self> {
        let name = raw.trim();
        let fits = (1..=MAX).contains(&name.chars().count()) && !name.chars().any(char::is_control);
        fits.then(|| Self(name.to_owned()))
    }

    /// Returns the default name of an authenticator app.
    #[must_use]
    pub fn authenticator_app() -> Self {
        Self("Authenticator app".to_owned())
    }

    /// Returns the name for SMS: the last digits of the phone number.
    #[must_use]
    pub fn number(phone: Option<&PhoneNumber>) -> Self {
        Self(phone.map_or_else(|| "SMS".to_owned(), PhoneNumber::masked))
    }

    /// Returns the name for a mail to the owner. Empty for default names, and unless the name consists of a few
    /// words, because another person may have entered it.
    #[must_use]
    pub fn in_mails(&self) -> &str {
        let is_words = PersonName::parse(&self.0).is_ok_and(|name| !name.for_greeting().is_empty());
        if is_words && *self != Self::authenticator_app() { &self.0 } else { "" }
    }

    /// Returns the default name of a passkey or security key: browser and operating system.
    #[must_use]
    pub fn of_passkey(used_for: PasskeyUse, agent: Option<&str>) -> Self {
        let plain = match used_for {
            PasskeyUse::Login => "Passkey",
            PasskeyUse::SecondFactor => "Security key",
        };
        Self(agent.and_then(device_name).unwrap_or_else(|| plain.to_owned()))
    }

    /// Returns the first letter, for administrators who see masked data. For SMS only the last digits of the number.
    #[must_use]
    pub fn initial(&self) -> Self {
        Self(self.0.chars().next().map(|first| format!("{first}.")).unwrap_or_default())
    }

    /// Returns the name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for FactorName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FactorName(…)")
    }
}
