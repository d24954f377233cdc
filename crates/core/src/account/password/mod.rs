//! Passwords: parsing, the policy for new ones, and hashes.

mod breached;
mod own_words;
mod policy;

pub use policy::{BadPassword, Policy};

use secrecy::{ExposeSecret, SecretString};
use unicode_normalization::UnicodeNormalization;

/// Maximum password length, in bytes of UTF-8 after normalization. Passwords are never truncated.
pub const MAX_BYTES: usize = 1024;

/// A password in the form that is hashed: NFC (NIST SP 800-63B-4 §3.1.1.2), otherwise as received. Never printed.
#[derive(Clone, Debug)]
pub struct Password(SecretString);

/// The text cannot be a password because it is longer than [`MAX_BYTES`] or contains control characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too long, or contains control characters")]
pub struct Impossible;

impl Password {
    /// Normalizes a password. Only [`Policy::accept`] checks new passwords.
    ///
    /// # Errors
    /// Returns [`Impossible`] if no account can have this password.
    pub fn parse(raw: &str) -> Result<Self, Impossible> {
        if raw.len() > 4 * MAX_BYTES {
            return Err(Impossible);
        }
        let normal: String = raw.nfc().collect();
        if normal.len() > MAX_BYTES || normal.chars().any(char::is_control) {
            return Err(Impossible);
        }
        Ok(Self(normal.into()))
    }

    /// Returns the text to hash.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

/// Password hash in the PHC string format (`$argon2id$v=19$m=…,t=…,p=…$salt$hash`). Never printed.
#[derive(Clone, Debug)]
pub struct PasswordHash(SecretString);

/// Well-formed hash of typical length that no password matches.
const NONE: &str = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

impl PasswordHash {
    /// Returns the hash of an account without a password.
    #[must_use]
    pub fn none() -> Self {
        Self::from_phc(NONE.to_owned())
    }

    /// Returns the kind of the hash. `none` for an account without a password.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        const KINDS: [&str; 3] = ["argon2id", "argon2i", "argon2d"];
        if self.expose() == NONE {
            return "none";
        }
        let word = self.expose().split('$').nth(1).unwrap_or_default();
        KINDS.into_iter().find(|kind| *kind == word).unwrap_or("other")
    }

    /// Creates a hash from a PHC string.
    #[must_use]
    pub fn from_phc(phc: String) -> Self {
        Self(phc.into())
    }

    /// Returns the PHC string.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}
