use super::value::Choice;

/// Where the server runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Environment {
    /// On a developer's machine. Insecure settings cause warnings.
    Development,
    /// Reachable by the public. Insecure settings are refused.
    Production,
}

impl Environment {
    /// Returns the word of the setting.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Development => "development",
            Self::Production => "production",
        }
    }
}

impl Choice for Environment {
    const WORDS: &'static [(&'static str, Self)] =
        &[("development", Self::Development), ("production", Self::Production)];
    const PLACEHOLDER: &'static str = "development|production";
}
