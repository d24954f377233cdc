//! The settings that are one of a few words.

use tracing::level_filters::LevelFilter;

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

/// What signs access tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JwtAlgorithm {
    /// HMAC with a shared secret.
    Hs256,
    /// RSA.
    Rs256,
    /// ECDSA on P-256.
    Es256,
    /// Ed25519.
    EdDsa,
}

impl Choice for JwtAlgorithm {
    const WORDS: &'static [(&'static str, Self)] =
        &[("HS256", Self::Hs256), ("RS256", Self::Rs256), ("ES256", Self::Es256), ("EdDSA", Self::EdDsa)];
    const PLACEHOLDER: &'static str = "HS256|RS256|ES256|EdDSA";
}

/// Whether a stranger can learn that an address has an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Enumeration {
    /// Every answer is the same.
    Conceal,
    /// Creating a taken address is refused as such.
    Reveal,
}

impl Choice for Enumeration {
    const WORDS: &'static [(&'static str, Self)] = &[("conceal", Self::Conceal), ("reveal", Self::Reveal)];
    const PLACEHOLDER: &'static str = "conceal|reveal";
}

/// What the limits do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RateLimitMode {
    Enforce,
    Observe,
    Off,
}

impl Choice for RateLimitMode {
    const WORDS: &'static [(&'static str, Self)] =
        &[("enforce", Self::Enforce), ("observe", Self::Observe), ("off", Self::Off)];
    const PLACEHOLDER: &'static str = "enforce|observe|off";
}

/// How the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For collectors: one JSON object a line.
    Json,
}

impl Choice for LogFormat {
    const WORDS: &'static [(&'static str, Self)] = &[("text", Self::Text), ("json", Self::Json)];
    const PLACEHOLDER: &'static str = "text|json";
}

impl Choice for LevelFilter {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("off", Self::OFF),
        ("error", Self::ERROR),
        ("warn", Self::WARN),
        ("info", Self::INFO),
        ("debug", Self::DEBUG),
        ("trace", Self::TRACE),
    ];
    const PLACEHOLDER: &'static str = "off|error|warn|info|debug|trace";
}
