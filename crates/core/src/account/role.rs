//! Roles of users: words of the application, which only administrators set.

use std::fmt;

/// Maximum length of a role.
const LONGEST: usize = 64;

/// A word that says what a user may do in an application.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Role(String);

impl Role {
    /// Reads a role: a letter, then letters, digits, `_`, `.`, `:` and `-`, at most 64 in all.
    #[must_use]
    pub fn parse(raw: &str) -> Option<Self> {
        let is_inner = |byte: u8| byte.is_ascii_alphanumeric() || b"_.:-".contains(&byte);
        let begins = raw.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic());
        (begins && raw.len() <= LONGEST && raw.bytes().all(is_inner)).then(|| Self(raw.to_owned()))
    }

    /// Returns the word.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Role({})", self.0)
    }
}
