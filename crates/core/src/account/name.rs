//! Names of persons as entered.

use std::fmt;

use unicode_normalization::char::is_combining_mark;

/// Maximum length of a name, in characters.
pub const MAX_NAME: usize = 100;
/// Maximum length of a name in a greeting, in characters.
const MAX_GREETED: usize = 30;
/// Maximum number of words in a greeting. *Your account is locked* has four.
const MAX_WORDS: usize = 3;

/// Name of a person as entered. Personal data: never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct PersonName(String);

/// Reason why a name was rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadName {
    /// The name is empty or consists of white space.
    #[error("the name is empty")]
    Empty,
    /// The name has more than [`MAX_NAME`] characters.
    #[error("the name is longer than {MAX_NAME} characters")]
    TooLong,
    /// The name contains control characters, line breaks or bidirectional controls.
    #[error("the name contains control characters")]
    Unwritable,
}

impl PersonName {
    /// Parses a name without changing it.
    ///
    /// # Errors
    /// Returns [`BadName`] with the rule that was violated.
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

    /// Returns the name as entered.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the name for a greeting, or an empty string if it does not look like a name. Someone other than the
    /// recipient may have entered the name, so a greeting could otherwise carry a message from a stranger.
    #[must_use]
    pub fn for_greeting(&self) -> &str {
        let name = self.0.trim();
        if has_form_of_a_name(name) { name } else { "" }
    }
}

impl fmt::Debug for PersonName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PersonName(…)")
    }
}

/// Returns whether a character is a C0 or C1 control, a line or paragraph separator, or a bidirectional control (UAX
/// #9).
fn is_unwritable(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// Returns whether a text consists of a few short words of letters, which may contain apostrophes and hyphens.
fn has_form_of_a_name(text: &str) -> bool {
    let is_part = |c: char| c.is_alphabetic() || is_combining_mark(c) || is_joiner(c);
    let is_word = |word: &str| {
        let has_letters = |end: Option<char>| end.is_some_and(|c| c.is_alphabetic() || is_combining_mark(c));
        word.chars().next().is_some_and(|c| c.is_alphabetic() || is_apostrophe(c))
            && has_letters(word.chars().next_back())
            && word.chars().all(is_part)
    };
    let words = text.split(' ');
    text.chars().count() <= MAX_GREETED && words.clone().count() <= MAX_WORDS && words.into_iter().all(is_word)
}

const fn is_joiner(c: char) -> bool {
    is_apostrophe(c) || matches!(c, '-' | '\u{2010}' | '\u{2011}' | '\u{00B7}')
}

const fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '\u{2019}' | '\u{02BC}' | '\u{02BB}')
}
