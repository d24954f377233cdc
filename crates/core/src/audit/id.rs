use std::fmt;

use crate::{clock::Timestamp, ctx::Ctx};

/// Identifier of an audit row: a version 7 UUID (RFC 9562 §5.7). Sorting by identifier sorts by time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AuditId(pub [u8; 16]);

impl AuditId {
    /// Creates a new identifier with the time of the request.
    #[must_use]
    pub fn new(ctx: &Ctx) -> Self {
        let rest: [u8; 10] = ctx.bytes();
        Self::of(ctx.now, rest)
    }

    /// Creates an identifier from a time and random bits. Six of the bits are overwritten by version and variant.
    #[must_use]
    pub fn of(at: Timestamp, rest: [u8; 10]) -> Self {
        let millis = u128::try_from(at.millis()).unwrap_or_default() & 0xFFFF_FFFF_FFFF;
        let rest = rest.iter().fold(0, |bits, byte| (bits << 8) | u128::from(*byte));
        let bits = (millis << 80) | (rest & 0x0FFF_3FFF_FFFF_FFFF_FFFF) | 0x7000_8000_0000_0000_0000;
        Self(bits.to_be_bytes())
    }

    /// Returns the next identifier.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(u128::from_be_bytes(self.0).saturating_add(1).to_be_bytes())
    }

    /// Returns the smallest identifier with this time.
    #[must_use]
    pub fn first_at(at: Timestamp) -> Self {
        Self::of(at, [0; 10])
    }
}

/// Formats the identifier as five groups of hexadecimal digits (RFC 9562 §4).
impl fmt::Display for AuditId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, byte) in self.0.iter().enumerate() {
            let hyphen = if matches!(number, 4 | 6 | 8 | 10) { "-" } else { "" };
            write!(f, "{hyphen}{byte:02x}")?;
        }
        Ok(())
    }
}
