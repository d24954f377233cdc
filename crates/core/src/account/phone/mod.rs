//! Telephone numbers in E.164.

mod regions;

use std::fmt;

use regions::REGIONS;

/// A number in E.164: `+`, then 7 to 15 digits, the first not zero. Checked by syntax: whether it is in service shows when a
/// code arrives. Personal data: never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct PhoneNumber(String);

/// What was given is no number in E.164.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a phone number in international form")]
pub struct NotANumber;

impl PhoneNumber {
    /// Reads `+1234567890`; spaces, dots, hyphens and round brackets between the digits are left out.
    ///
    /// # Errors
    /// [`NotANumber`].
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

    /// As `+` and digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The ISO 3166-1 alpha-2 code of the country that the number is of, by its first digits: the area code under `+1`,
    /// as much as it takes under the other calling codes that countries share.
    ///
    /// None for a number of no country, such as a satellite telephone's, or one under an area code of `+1` that nobody
    /// has. A mobile number goes by its plan: it says nothing of where the telephone is.
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

/// The country of all numbers that begin so, unless more digits say otherwise.
fn region(prefix: &str) -> Option<&'static str> {
    let found = REGIONS.binary_search_by(|(key, _)| (*key).cmp(prefix));
    found.ok().and_then(|place| REGIONS.get(place)).map(|(_, country)| *country)
}
