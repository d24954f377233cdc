//! Phone numbers in E.164.

mod regions;

use std::fmt;

use regions::{REGIONS, TRUNK_ZERO};

use crate::typed;

/// A phone number in E.164 format: `+`, then 7 to 15 digits, the first not zero. Only the syntax is checked. An SMS
/// code verifies that the number is in service. Personal data: never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct PhoneNumber(String);

/// Minimum and maximum number of digits, including the calling code (ITU-T E.164 §6).
const MIN_LENGTH: usize = 7;
const MAX_LENGTH: usize = 15;
/// Punctuation in typed numbers, in addition to dashes and spaces.
const PUNCTUATION: [char; 6] = ['.', '/', '(', ')', '\u{FF08}', '\u{FF09}'];

/// The text is not a phone number in E.164.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("invalid phone number")]
pub struct NotANumber;

impl PhoneNumber {
    /// Parses a number such as `+1234567890`, as users type and paste it: separators are removed, and so is the trunk
    /// zero that many countries use before the national number, as in `+44 (0)20 7946 0958`.
    ///
    /// # Errors
    /// Returns [`NotANumber`] if the text is malformed.
    pub fn parse(raw: &str) -> Result<Self, NotANumber> {
        let compact = typed::compact(raw).ok_or(NotANumber)?;
        let rest = compact.strip_prefix(['+', '\u{FF0B}']).ok_or(NotANumber)?;
        let digits: String = rest.chars().filter(|c| !PUNCTUATION.contains(c)).collect();
        let digits = without_trunk_zero(digits);
        if is_well_formed(&digits) { Ok(Self(format!("+{digits}"))) } else { Err(NotANumber) }
    }

    /// Returns a stored number unchanged.
    ///
    /// # Errors
    /// Returns [`NotANumber`] if the text is malformed.
    pub fn from_stored(stored: &str) -> Result<Self, NotANumber> {
        let is_one = stored.strip_prefix('+').is_some_and(is_well_formed);
        if is_one { Ok(Self(stored.to_owned())) } else { Err(NotANumber) }
    }

    /// Returns a fictional number (NANP).
    pub(crate) fn decoy() -> Self {
        Self("+12025550100".to_owned())
    }

    /// Returns `+` and the digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the last two digits, which are sufficient for a person who knows the number.
    #[must_use]
    pub fn masked(&self) -> String {
        let last: Vec<char> = self.0.chars().rev().take(2).collect();
        format!("•••{}", last.into_iter().rev().collect::<String>())
    }

    /// Returns the ISO 3166-1 alpha-2 code of the country that the numbering plan assigns the number to. It depends
    /// on the first digits: the area code for `+1`, otherwise the longest known prefix.
    ///
    /// Returns `None` for numbers without a country, such as satellite phones, and for unassigned `+1` area codes.
    /// The result says nothing about the current location of a mobile phone.
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

/// Removes trunk zeros after the calling code, if the numbering plan uses them, as long as a number remains.
fn without_trunk_zero(mut digits: String) -> String {
    let code = TRUNK_ZERO.iter().find(|code| digits.starts_with(**code)).map(|code| code.len());
    while let Some(code) = code.filter(|code| digits.len() > MIN_LENGTH && digits.get(*code..=*code) == Some("0")) {
        digits.remove(code);
    }
    digits
}

fn is_well_formed(digits: &str) -> bool {
    digits.bytes().all(|b| b.is_ascii_digit())
        && (MIN_LENGTH..=MAX_LENGTH).contains(&digits.len())
        && !digits.starts_with('0')
}

/// Returns the country of numbers with this prefix, unless a longer prefix is listed.
fn region(prefix: &str) -> Option<&'static str> {
    let found = REGIONS.binary_search_by(|(key, _)| (*key).cmp(prefix));
    found.ok().and_then(|place| REGIONS.get(place)).map(|(_, country)| *country)
}
