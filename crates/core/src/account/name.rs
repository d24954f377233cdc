//! Names of persons: as typed.

use std::fmt;

/// Longest name, in characters.
pub const MAX_NAME: usize = 100;

/// A name as its owner typed it. Personal data: never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct PersonName(String);

/// Why a name is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadName {
    /// Nothing but white space.
    #[error("the name is empty")]
    Empty,
    /// More than [`MAX_NAME`] characters.
    #[error("the name is longer than {MAX_NAME} characters")]
    TooLong,
    /// Control characters, line breaks or marks that turn the direction of writing.
    #[error("the name has characters that cannot be written")]
    Unwritable,
}

impl PersonName {
    /// Takes a name as it is, or refuses it.
    ///
    /// # Errors
    /// [`BadName`].
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

    /// As typed.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name for a greeting in a mail to somebody who may not have typed it: nothing where a mail program could make
    /// a link of it.
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

/// C0, C1, line and paragraph separators, and the controls of bidirectional text (UAX #9).
fn is_unwritable(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// `https://…`, `a@b`, `evil.example`: what mail programs turn into links by themselves.
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
