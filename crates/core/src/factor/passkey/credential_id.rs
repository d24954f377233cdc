use data_encoding::BASE64URL_NOPAD;

/// Most bytes of an identifier (WebAuthn Level 3 §4).
const MOST_BYTES: usize = 1023;

/// Identifier that an authenticator gave a credential. Never printed: it names a person's authenticator.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct CredentialId(Vec<u8>);

impl CredentialId {
    /// Takes 1 to 1,023 bytes; `None` for another number.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        (1..=MOST_BYTES).contains(&bytes.len()).then(|| Self(bytes.to_vec()))
    }

    /// Reads base64url without padding.
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
