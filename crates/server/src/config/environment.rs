use super::value::Choice;

/// Environment that the server runs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Environment {
    /// A developer's machine. Insecure settings cause warnings.
    Development,
    /// Publicly reachable. Insecure settings are rejected.
    Production,
}

impl Environment {
    /// Returns the value as written in the setting.
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
