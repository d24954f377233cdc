//! Names of persons, as typed.

use std::fmt;

/// Longest name, in characters.
pub const MAX_NAME: usize = 100;

/// Name of a person, as typed. Personal data: never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct PersonName(String);

/// Reason why a name is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadName {
    /// The name is empty or consists of white space.
    #[error("the name is empty")]
    Empty,
    /// The name has more than [`MAX_NAME`] characters.
    #[error("the name is longer than {MAX_NAME} characters")]
    TooLong,
    /// The name contains control characters, line breaks or controls of bidirectional text.
    #[error("the name contains control characters")]
    Unwritable,
}

impl PersonName {
    /// Reads a name without changing it.
    ///
    /// # Errors
    /// [`BadName`], naming the broken rule.
    pub fn parse(raw: &str) -> Result<Self, BadName> {
        if raw.trim().is_empty() {
            return Err(BadName::Empty);
        }
        if raw.chars().count() > MAX_NAME {
            return Err(BadName::TooLong);
        }
        if raw.chars().any(is_unwritable) {
            return Err(BadName::Unwritable);
        }
        Ok(Self(raw.to_owned()))
    }

    /// Returns the name as it was typed.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the name for the greeting of a mail; empty if a mail program could turn it into a link. The recipient
    /// need not be the author of the name, so a greeting could carry spam.
    #[must_use]
    pub fn for_greeting(&self) -> &str {
        if looks_like_a_link(&self.0) { "" } else { &self.0 }
    }
}

impl fmt::Debug for PersonName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PersonName(…)")
    }
}

/// Returns whether a character is a C0 or C1 control, a line or paragraph separator, or a control of bidirectional
/// text (UAX #9).
fn is_unwritable(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// Returns whether mail programs could turn a name into a link, such as `https://…`, `a@b` and `evil.example`.
fn looks_like_a_link(name: &str) -> bool {
    let has_link_marks = name.contains(['/', '@', ':', '\\']);
    let parts: Vec<&str> = name.split('.').collect();
    let is_host = parts.windows(2).any(|pair| {
        let [before, after] = pair else { return false };
        let ends_in_word = before.chars().next_back().is_some_and(char::is_alphanumeric);
        let starts_with_word = after.chars().take_while(|c| c.is_alphanumeric()).count() >= 2;
        ends_in_word && starts_with_word
    });
    has_link_marks || is_host
}
