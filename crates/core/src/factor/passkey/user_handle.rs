use aws_lc_rs::constant_time;
use data_encoding::BASE64URL_NOPAD;

use crate::{
    id::UserId,
    seal::{self, RealmKeys},
};

/// Maximum length of a user handle (WebAuthn Level 3 §5.4.3).
const MAX_BYTES: usize = 64;

/// Identifier of a user for authenticators: 16 bytes that only the realm can derive from the user, and a MAC of them.
/// It reveals neither the address nor the identifier and cannot be forged. Imported handles may have another format.
#[derive(Clone, PartialEq, Eq)]
pub struct UserHandle(Vec<u8>);

impl UserHandle {
    /// Derives the handle of a user. The result is deterministic.
    #[must_use]
    pub fn of(keys: &RealmKeys, user: &UserId) -> Self {
        let name = half(keys, [b"user handle", user.as_str().as_bytes()]);
        Self([name, proof(keys, &name)].concat())
    }

    /// Creates a handle from 1 to 64 bytes. Returns `None` for other lengths.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        (1..=MAX_BYTES).contains(&bytes.len()).then(|| Self(bytes.to_vec()))
    }

    /// Parses base64url without padding.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::from_bytes(&BASE64URL_NOPAD.decode(text.as_bytes()).ok()?)
    }

    /// Returns base64url without padding.
    #[must_use]
    pub fn to_text(&self) -> String {
        BASE64URL_NOPAD.encode(&self.0)
    }

    /// Returns whether the realm created it.
    #[must_use]
    pub fn is_of(&self, keys: &RealmKeys) -> bool {
        let Some((name, tag)) = self.0.split_first_chunk::<16>() else { return false };
        constant_time::verify_slices_are_equal(&proof(keys, name), tag).is_ok()
    }
}

fn proof(keys: &RealmKeys, name: &[u8; 16]) -> [u8; 16] {
    half(keys, [b"user handle made here", name])
}

fn half(keys: &RealmKeys, parts: [&[u8]; 2]) -> [u8; 16] {
    seal::mac(keys.link_key(), parts).as_ref().first_chunk().copied().unwrap_or_default()
}

impl std::fmt::Debug for UserHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("UserHandle(…)")
    }
}
