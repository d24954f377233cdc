use aws_lc_rs::digest::{SHA256, digest};

/// The server as a WebAuthn relying party.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelyingParty {
    /// Domain that credentials are bound to.
    pub id: String,
    /// Origins whose pages may perform a ceremony.
    pub origins: Vec<String>,
    /// Name of the application, displayed by authenticators.
    pub name: String,
}

impl RelyingParty {
    /// Returns whether this is the hash of the relying party's domain.
    pub(super) fn has_hash(&self, hash: &[u8]) -> bool {
        digest(&SHA256, self.id.as_bytes()).as_ref() == hash
    }

    /// Returns whether the origin is one of the allowed origins.
    pub(super) fn has_origin(&self, origin: &str) -> bool {
        self.origins.iter().any(|own| own == origin)
    }
}
