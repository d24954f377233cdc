//! Keys that a verification trusts.

use super::{Announcement, Block, Fault, PublicAuditKey};

/// Trusted keys, and those that they have announced, oldest first.
#[derive(Debug)]
pub(super) struct TrustedKeys(Vec<PublicAuditKey>);

impl TrustedKeys {
    /// Trusts these keys, oldest first.
    pub(super) fn new(keys: impl IntoIterator<Item = PublicAuditKey>) -> Self {
        let mut trusted = Self(Vec::new());
        for key in keys {
            if !trusted.contains(&key.kid) {
                trusted.0.push(key);
            }
        }
        trusted
    }

    pub(super) fn contains(&self, kid: &str) -> bool {
        self.place(kid).is_some()
    }

    /// Returns the identifier of the newest key.
    pub(super) fn newest(&self) -> Option<&str> {
        self.0.last().map(|key| key.kid.as_str())
    }

    /// Returns what is wrong with the signature of a block. `signer` is the newest key of the chain so far: an earlier
    /// one may have been stolen.
    pub(super) fn fault_of(&self, block: &Block, signer: Option<&str>) -> Option<Fault> {
        let oldest = signer.and_then(|signer| self.place(signer)).unwrap_or_default();
        match self.0.iter().skip(oldest).find(|key| key.kid == block.kid) {
            None => Some(Fault::Key),
            Some(key) => (!key.verifies(block)).then_some(Fault::Signature),
        }
    }

    /// Trusts a key announced in a block, if the key that signed the block has announced it. Announcements by others
    /// are ignored, because an older key may have been stolen. Returns the identifier of the announced key.
    pub(super) fn announce(&mut self, announced: Announcement, signer: &str) -> Option<String> {
        let place = self.place(signer).filter(|_| announced.by() == signer)?;
        let key = announced.key(self.0.get(place)?)?;
        let kid = key.kid.clone();
        if !self.contains(&kid) {
            self.0.insert(place + 1, key);
        }
        Some(kid)
    }

    fn place(&self, kid: &str) -> Option<usize> {
        self.0.iter().position(|key| key.kid == kid)
    }
}
