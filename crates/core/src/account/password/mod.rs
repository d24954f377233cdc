//! Passwords: how they are read, which ones are refused, and the hash that is kept.

mod breached;
mod policy;

pub use policy::{BadPassword, Policy};

use secrecy::{ExposeSecret, SecretString};
use unicode_normalization::UnicodeNormalization;

/// Longest password, in bytes of UTF-8 after normalisation; every byte up to it counts.
pub const MAX_BYTES: usize = 1024;

/// A password as it is hashed: in NFC (NIST SP 800-63B-4 §3.1.1.2), otherwise exactly as received. Never printed.
#[derive(Clone, Debug)]
pub struct Password(SecretString);

/// Longer than [`MAX_BYTES`], or with control characters in it: never anybody's password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this cannot be a password")]
pub struct Impossible;

impl Password {
    /// Normalises what was typed. Whether it is good enough to be chosen is the [`Policy`]'s to say.
    ///
    /// # Errors
    /// [`Impossible`] for what no account can have.
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

    /// The bytes to hash.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

/// A password's hash in the PHC string format (`$argon2id$v=19$m=…,t=…,p=…$salt$hash`). Never printed.
#[derive(Clone, Debug)]
pub struct PasswordHash(SecretString);

impl PasswordHash {
    /// From a PHC string.
    #[must_use]
    pub fn from_phc(phc: String) -> Self {
        Self(phc.into())
    }

    /// The PHC string.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}
