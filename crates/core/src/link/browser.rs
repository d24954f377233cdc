use aws_lc_rs::constant_time;
use data_encoding::BASE64URL_NOPAD;

use crate::{
    id::UserId,
    seal::{self, RealmKeys},
};

/// Proof that a registration was submitted in this browser, derived from the registration. It allows the page of the
/// verification link to submit its form automatically. Never printed.
#[derive(Clone)]
pub struct BrowserProof(String);

impl BrowserProof {
    /// Derives the proof of a registration.
    #[must_use]
    pub fn derive(keys: &RealmKeys, registration: &UserId) -> Self {
        // Existing cookies depend on the label, so its spelling must not change.
        let tag = seal::mac(keys.link_key(), [b"browser".as_slice(), registration.as_str().as_bytes()]);
        Self(BASE64URL_NOPAD.encode(tag.as_ref()))
    }

    /// Compares the proof with a received one in constant time.
    #[must_use]
    pub fn is(&self, received: &str) -> bool {
        constant_time::verify_slices_are_equal(self.0.as_bytes(), received.as_bytes()).is_ok()
    }

    /// Returns the cookie value.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for BrowserProof {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("BrowserProof(…)")
    }
}
