//! Telephone numbers in E.164.

use std::fmt;

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
}

impl fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PhoneNumber(…)")
    }
}
