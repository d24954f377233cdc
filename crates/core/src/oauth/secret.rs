//! Secrets of clients. The server makes them; only their hash is stored.

use std::fmt;

use aws_lc_rs::{constant_time, digest};
use data_encoding::BASE64URL_NOPAD;
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use crate::{clock::Timestamp, ctx::Ctx};

/// What begins the text of every secret, so that scanners for leaked secrets find it.
const PREFIX: &str = "pcs_";
/// Most secrets that are valid at a time.
pub const MOST_SECRETS: usize = 2;

/// Secret of a client, shown once. Never printed.
pub struct NewClientSecret(Zeroizing<String>);

impl NewClientSecret {
    /// Makes a secret of 256 bits.
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

/// A valid secret, as stored. It has 256 bits, so a plain hash cannot be guessed.
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

    /// Returns whether this is the secret, in constant time.
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
