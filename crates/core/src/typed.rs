//! Numbers and codes as typed or pasted by users.

use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

/// Maximum length of a typed number or code, in bytes.
const MAX_BYTES: usize = 128;

/// Removes format characters, all kinds of spaces, and all kinds of dashes except at the start, and converts decimal
/// digits of all scripts to ASCII. Other characters are kept. `None` if the text is too long.
///
/// Addresses and numbers copied from pages and messages may contain no-break spaces, direction marks and special
/// hyphens.
#[must_use]
pub fn compact(raw: &str) -> Option<String> {
    if raw.len() > MAX_BYTES {
        return None;
    }
    let mut compact = String::new();
    for c in raw.chars() {
        let is_blank = c.is_whitespace() || c.general_category() == GeneralCategory::Format;
        // At the start it would be a sign: `-1` is not 1.
        if !is_blank && (!is_dash(c) || compact.is_empty()) {
            compact.push(ascii_digit(c).unwrap_or(c));
        }
    }
    Some(compact)
}

fn is_dash(c: char) -> bool {
    matches!(c, '\u{2043}' | '\u{2212}' | '\u{02D7}') || c.general_category() == GeneralCategory::DashPunctuation
}

/// Converts a decimal digit of any script to ASCII.
fn ascii_digit(c: char) -> Option<char> {
    let is_digit = |c: char| c.general_category() == GeneralCategory::DecimalNumber;
    if c.is_ascii_digit() || !is_digit(c) {
        return None;
    }
    // Each script has its ten digits in order from zero to nine; the sets of mathematical digits are consecutive.
    let before = ('\0'..c).rev().take_while(|before| is_digit(*before)).count();
    char::from_digit(u32::try_from(before % 10).ok()?, 10)
}
