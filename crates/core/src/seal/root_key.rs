use zeroize::Zeroizing;

use super::Unsealable;
use crate::Ctx;

/// A realm's root key: 256 random bits from which its other keys are derived.
pub struct RootKey(Zeroizing<[u8; 32]>);

impl RootKey {
    /// Creates a new root key.
    #[must_use]
    pub fn random(ctx: &Ctx) -> Self {
        Self(Zeroizing::new(ctx.bytes()))
    }

    pub(super) fn from_slice(bytes: &[u8]) -> Result<Self, Unsealable> {
        bytes.try_into().map(|bytes| Self(Zeroizing::new(bytes))).map_err(|_| Unsealable)
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &*self.0
    }
}

impl std::fmt::Debug for RootKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RootKey(…)")
    }
}
