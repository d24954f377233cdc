//! Client secrets. The server generates them and only stores their hashes.

use std::fmt;

use aws_lc_rs::{constant_time, digest};
use data_encoding::BASE64URL_NOPAD;
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use crate::{clock::Timestamp, ctx::Ctx};

/// Prefix of every secret, which lets scanners detect leaked secrets.
const PREFIX: &str = "pcs_";
/// Maximum number of secrets that are valid at the same time.
pub const MAX_SECRETS: usize = 2;

/// Client secret, shown once. Never printed.
pub struct NewClientSecret(Zeroizing<String>);

impl NewClientSecret {
    /// Generates a secret of 256 bits.
    #[must_use]
    pub fn random(ctx: &Ctx) -> Self {
        let bytes: Zeroizing<[u8; 32]> = Zeroizing::new(ctx.bytes());
        Self(Zeroizing::new(format!("{PREFIX}{}", BASE64URL_NOPAD.encode(&*bytes))))
    }

    /// Returns the text.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for NewClientSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NewClientSecret(…)")
    }
}

/// A valid secret, as stored. With 256 bits, a plain hash is safe against guessing.
#[derive(Clone, PartialEq, Eq)]
pub struct ClientSecret {
    pub hash: [u8; 32],
    pub created_at: Timestamp,
}

impl ClientSecret {
    /// Hashes a secret.
    #[must_use]
    pub fn of(text: &str, created_at: Timestamp) -> Self {
        Self { hash: hash(text), created_at }
    }

    /// Returns whether the presented secret matches, in constant time.
    #[must_use]
    pub fn is(&self, presented: &SecretString) -> bool {
        constant_time::verify_slices_are_equal(&self.hash, &hash(presented.expose_secret())).is_ok()
    }
}

impl fmt::Debug for ClientSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientSecret(…)")
    }
}

fn hash(text: &str) -> [u8; 32] {
    digest::digest(&digest::SHA256, text.as_bytes()).as_ref().first_chunk().copied().unwrap_or_default()
}
