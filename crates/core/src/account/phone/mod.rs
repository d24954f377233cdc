//! Phone numbers in E.164.

mod regions;

use std::fmt;

use regions::REGIONS;

/// Phone number in E.164: `+`, then 7 to 15 digits, the first not zero. Only the syntax is checked; a code by SMS
/// verifies that the number is in service. Personal data: never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct PhoneNumber(String);

/// The text is not a phone number in E.164.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("invalid phone number")]
pub struct NotANumber;

impl PhoneNumber {
    /// Reads a number such as `+1234567890`. Spaces, dots, hyphens and parentheses between the digits are removed.
    ///
    /// # Errors
    /// [`NotANumber`], if the text is malformed.
    pub fn parse(raw: &str) -> Result<Self, NotANumber> {
        let raw = raw.trim();
        let rest = raw.strip_prefix('+').ok_or(NotANumber)?;
        if raw.len() > 32 || !rest.starts_with(|c: char| c.is_ascii_digit()) {
            return Err(NotANumber);
        }
        let digits: String = rest.chars().filter(|c| !matches!(c, ' ' | '-' | '.' | '(' | ')')).collect();
        let well_formed =
            digits.bytes().all(|b| b.is_ascii_digit()) && (7..=15).contains(&digits.len()) && !digits.starts_with('0');
        if well_formed { Ok(Self(format!("+{digits}"))) } else { Err(NotANumber) }
    }

    /// Returns `+` and the digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the ISO 3166-1 alpha-2 code of the country to which the numbering plan assigns the number. The first
    /// digits decide: under `+1` the area code, under other shared calling codes the longest known prefix.
    ///
    /// `None` for a number without a country, such as that of a satellite phone, or with an unassigned area code of
    /// `+1`. The result does not tell where a mobile phone is.
    #[must_use]
    pub fn country(&self) -> Option<&'static str> {
        let digits = self.0.strip_prefix('+')?;
        (1..=digits.len()).rev().find_map(|length| region(digits.get(..length)?))
    }
}

impl fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PhoneNumber(…)")
    }
}

/// Returns the country of the numbers with this prefix, unless a longer prefix is listed.
fn region(prefix: &str) -> Option<&'static str> {
    let found = REGIONS.binary_search_by(|(key, _)| (*key).cmp(prefix));
    found.ok().and_then(|place| REGIONS.get(place)).map(|(_, country)| *country)
}
