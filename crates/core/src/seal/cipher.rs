//! AES-256-GCM with a random nonce and the context of the plaintext as associated data.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use zeroize::Zeroizing;

use super::framing::frame;
use crate::Ctx;

/// Format version, in the first byte of sealed data.
const VERSION: u8 = 1;

/// Sealed data as stored: version, nonce, ciphertext and tag.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed(Vec<u8>);

impl Sealed {
    /// Creates sealed data from stored bytes.
    #[must_use]
    pub const fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// Returns the bytes for the store.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl std::fmt::Debug for Sealed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Sealed({} bytes)", self.0.len())
    }
}

/// Sealed data cannot be opened: wrong key, wrong context or corrupted data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("sealed data cannot be opened with this key in this context")]
pub struct Unsealable;

/// AES-256-GCM key. Nonces are random. 96 bits are sufficient for 2^32 messages per key (NIST SP 800-38D §8.3).
pub(super) struct Cipher(LessSafeKey);

impl Cipher {
    #[allow(clippy::expect_used, reason = "the type guarantees the length")]
    pub(super) fn new(key: &[u8; 32]) -> Self {
        Self(LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).expect("32 bytes are an AES-256 key")))
    }

    pub(super) fn seal(&self, ctx: &Ctx, context: &[&str], plain: &[u8]) -> Sealed {
        let nonce: [u8; NONCE_LEN] = ctx.bytes();
        let mut sealed = Vec::with_capacity(1 + NONCE_LEN + plain.len() + AES_256_GCM.tag_len());
        sealed.push(VERSION);
        sealed.extend_from_slice(&nonce);
        let mut body = Zeroizing::new(plain.to_vec());
        #[allow(clippy::expect_used, reason = "fails only for more than 2^36 bytes, which no field has")]
        let tag = self
            .0
            .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), associated(context), &mut body)
            .expect("fields are small");
        sealed.extend_from_slice(&body);
        sealed.extend_from_slice(tag.as_ref());
        Sealed(sealed)
    }

    pub(super) fn open(&self, context: &[&str], sealed: &Sealed) -> Result<Zeroizing<Vec<u8>>, Unsealable> {
        let (&version, rest) = sealed.0.split_first().ok_or(Unsealable)?;
        let (nonce, body) = rest.split_first_chunk::<NONCE_LEN>().ok_or(Unsealable)?;
        if version != VERSION {
            return Err(Unsealable);
        }
        let mut body = Zeroizing::new(body.to_vec());
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let length = self.0.open_in_place(nonce, associated(context), &mut body).map_err(|_| Unsealable)?.len();
        body.truncate(length);
        Ok(body)
    }
}

/// Returns the associated data of a context: its length-prefixed parts, so that different contexts never produce the
/// same bytes.
fn associated(context: &[&str]) -> Aad<Vec<u8>> {
    let mut bytes = Vec::with_capacity(64);
    frame(context.iter().map(|part| part.as_bytes()), |chunk| bytes.extend_from_slice(chunk));
    Aad::from(bytes)
}
