//! Countries: ISO 3166-1 codes, calling codes and English names.

mod table;

use std::cmp::Ordering;

use table::{COUNTRIES, DIAL_CODES};

use crate::typed;

/// A country, identified by its ISO 3166-1 alpha-2 code or by a calling code.
///
/// The kind of code is preserved: `us` becomes `US`, and `0044` becomes `+44`. Therefore `+1` and `US` are different,
/// although both mean the United States.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CountryCode {
    code: String,
    iso: &'static str,
    name: &'static str,
}

/// The text is neither an ISO 3166-1 alpha-2 code nor the calling code of a country.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown country code")]
pub struct UnknownCountry;

impl CountryCode {
    /// Parses an alpha-2 code in any case (`US`, `us`) or a calling code (`+44`, `44`, `0044`), as users type and paste
    /// them.
    ///
    /// # Errors
    /// Returns [`UnknownCountry`] for any other text, including a complete phone number.
    pub fn parse(raw: &str) -> Result<CountryCode, UnknownCountry> {
        let compact = typed::compact(raw).ok_or(UnknownCountry)?;
        let raw = compact.as_str();
        if let Some(digits) = dial_digits(raw) {
            let dialled: u16 = digits.parse().map_err(|_| UnknownCountry)?;
            let (_, main) = entry(DIAL_CODES, |key| key.cmp(&dialled))?;
            let (iso, name) = entry(COUNTRIES, |key| key.cmp(main))?;
            let code = format!("+{dialled}");
            return Ok(CountryCode { code, iso, name });
        }
        let code = raw.to_ascii_uppercase();
        let (iso, name) = entry(COUNTRIES, |key| key.cmp(code.as_str()))?;
        Ok(CountryCode { code, iso, name })
    }

    /// Returns the code in canonical form: `US`, or `+44` for a calling code.
    pub fn as_str(&self) -> &str {
        &self.code
    }

    /// Returns the ISO 3166-1 alpha-2 code. For a calling code shared by several countries, it is the code of the main
    /// one.
    pub fn iso(&self) -> &'static str {
        self.iso
    }

    /// Returns the common English name of the country.
    pub fn name(&self) -> &'static str {
        self.name
    }
}

/// Returns the ISO 3166-1 alpha-2 codes and names of all countries, ordered by name.
pub fn countries() -> Vec<(&'static str, &'static str)> {
    let mut countries = COUNTRIES.to_vec();
    countries.sort_by_key(|(_, name)| *name);
    countries
}

/// Returns the digits of a calling code, without `+` or `00`. Returns `None` for other text.
fn dial_digits(raw: &str) -> Option<&str> {
    let digits = raw.strip_prefix('+').or_else(|| raw.strip_prefix("00")).unwrap_or(raw);
    let all_digits = digits.bytes().all(|byte| byte.is_ascii_digit());
    (all_digits && !digits.is_empty() && !digits.starts_with('0')).then_some(digits)
}

/// Binary-searches a table sorted by its first column. `order` compares a key with the target.
fn entry<K: Copy>(
    table: &'static [(K, &'static str)],
    order: impl Fn(K) -> Ordering,
) -> Result<(K, &'static str), UnknownCountry> {
    let found = table.binary_search_by(|(key, _)| order(*key));
    found.ok().and_then(|place| table.get(place)).copied().ok_or(UnknownCountry)
}
