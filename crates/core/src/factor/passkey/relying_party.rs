use aws_lc_rs::digest::{SHA256, digest};

/// The server as the party that authenticators make credentials for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelyingParty {
    /// Domain that credentials are bound to.
    pub id: String,
    /// Origins whose pages may take part in a ceremony.
    pub origins: Vec<String>,
    /// Name of the application, which authenticators show.
    pub name: String,
}

impl RelyingParty {
    /// Returns whether this is the hash of its domain.
    pub(super) fn has_hash(&self, hash: &[u8]) -> bool {
        digest(&SHA256, self.id.as_bytes()).as_ref() == hash
    }

    /// Returns whether an origin is exactly one of its own.
    pub(super) fn has_origin(&self, origin: &str) -> bool {
        self.origins.iter().any(|own| own == origin)
    }
}
