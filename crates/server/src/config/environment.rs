use super::value::Choice;

/// Where the server runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Environment {
    /// On somebody's own machine: what is insecure is warned about.
    Development,
    /// Before the public: what is insecure is refused.
    Production,
}

impl Environment {
    /// The word of the setting.
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
