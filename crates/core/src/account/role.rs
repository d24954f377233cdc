//! Roles of users: application-defined names that only administrators can assign.

use std::fmt;

/// Maximum length of a role.
const MAX_LENGTH: usize = 64;

/// An application-defined role of a user.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Role(String);

impl Role {
    /// Parses a role: a letter followed by letters, digits, `_`, `.`, `:` and `-`, at most 64 characters in total.
    #[must_use]
    pub fn parse(raw: &str) -> Option<Self> {
        let is_inner = |byte: u8| byte.is_ascii_alphanumeric() || b"_.:-".contains(&byte);
        let begins = raw.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic());
        (begins && raw.len() <= MAX_LENGTH && raw.bytes().all(is_inner)).then(|| Self(raw.to_owned()))
    }

    /// Returns the name of the role.
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
