//! Locales: preferred languages of users.

/// Maximum length of a tag, in characters (RFC 5646 §4.4.1).
const MAX_LENGTH: usize = 35;

/// A BCP 47 language tag (RFC 5646 §2.1), such as `en-GB`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Locale(String);

impl Locale {
    /// Parses a tag: subtags of 1 to 8 letters and digits, the first with at least two letters. Returns `None` if it
    /// is malformed.
    #[must_use]
    pub fn parse(raw: &str) -> Option<Self> {
        let raw = raw.trim();
        let is_subtag =
            |tag: &str| (1..=8).contains(&tag.len()) && tag.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let language = raw.split('-').next()?;
        let is_language = language.len() >= 2 && language.bytes().all(|byte| byte.is_ascii_alphabetic());
        (raw.len() <= MAX_LENGTH && is_language && raw.split('-').all(is_subtag)).then(|| Self(raw.to_owned()))
    }

    /// Returns the tag as it was entered.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
