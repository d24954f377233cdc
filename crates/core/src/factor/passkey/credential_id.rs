use data_encoding::BASE64URL_NOPAD;

/// Maximum length of an identifier in bytes (WebAuthn Level 3 §4).
const MAX_BYTES: usize = 1023;

/// Identifier of a credential, chosen by the authenticator. Never printed, because it identifies a person's
/// authenticator.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct CredentialId(Vec<u8>);

impl CredentialId {
    /// Creates an identifier from 1 to 1,023 bytes. Returns `None` for other lengths.
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

    /// Returns the bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl std::fmt::Debug for CredentialId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CredentialId(…)")
    }
}
