use std::sync::LazyLock;

use aws_lc_rs::constant_time;
use data_encoding::{Encoding, Specification};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::{
    clock::Timestamp,
    ctx::Ctx,
    id::UserId,
    record::{Record, RecordKind},
    seal,
};

/// Number of codes in a set.
const CODES: usize = 10;
/// Length of a code: 15 characters with 75 bits.
const LENGTH: usize = 15;
/// Number of characters between hyphens.
const GROUP: usize = 5;

/// Crockford's base32, in which no letter looks like a digit.
#[allow(clippy::expect_used, reason = "the specification is a constant")]
static CROCKFORD: LazyLock<Encoding> = LazyLock::new(|| {
    let mut specification = Specification::new();
    specification.symbols.push_str("0123456789abcdefghjkmnpqrstvwxyz");
    specification.encoding().expect("32 different symbols")
});

/// Unused recovery codes of a user. Each can replace another factor once.
#[derive(Clone, PartialEq, Eq)]
pub struct RecoveryCodes {
    pub user: UserId,
    /// SHA-256 of each.
    hashes: Vec<[u8; 32]>,
    /// Revision of the user at which they were created.
    pub since: u64,
    pub created_at: Timestamp,
}

/// Newly created codes, shown to their owner. Never printed.
pub struct NewRecoveryCodes(Vec<Zeroizing<String>>);

impl NewRecoveryCodes {
    /// Returns the codes for the response.
    pub fn expose(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|code| code.as_str())
    }
}

impl std::fmt::Debug for NewRecoveryCodes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("NewRecoveryCodes(…)")
    }
}

impl std::fmt::Debug for RecoveryCodes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RecoveryCodes({} left)", self.hashes.len())
    }
}

impl RecoveryCodes {
    /// Creates ten codes bound to this revision of the user.
    #[must_use]
    pub fn new(ctx: &Ctx, user: &UserId, since: u64) -> (Self, NewRecoveryCodes) {
        let texts = (0..CODES).map(|_| {
            let bits: Zeroizing<[u8; 10]> = Zeroizing::new(ctx.bytes());
            let mut text = Zeroizing::new(CROCKFORD.encode(&*bits));
            text.truncate(LENGTH);
            text
        });
        let texts: Vec<_> = texts.collect();
        let hashes = texts.iter().map(|text| hash(text)).collect();
        let grouped = texts.iter().map(|text| Zeroizing::new(grouped(text))).collect();
        (Self { user: user.clone(), hashes, since, created_at: ctx.now }, NewRecoveryCodes(grouped))
    }

    /// Returns the number of unused codes.
    #[must_use]
    pub const fn left(&self) -> usize {
        self.hashes.len()
    }

    /// Returns the set without this code, which is in canonical form. Returns `None` if the set does not contain it.
    #[must_use]
    pub fn without(&self, code: &str) -> Option<Self> {
        let used = hash(code);
        let is_other = |known: &&[u8; 32]| constant_time::verify_slices_are_equal(&known[..], &used).is_err();
        let hashes: Vec<[u8; 32]> = self.hashes.iter().filter(is_other).copied().collect();
        (hashes.len() < self.hashes.len()).then(|| Self { hashes, ..self.clone() })
    }
}

/// Returns the canonical form of an entered code without spaces and hyphens: lower case, with letters that look like
/// digits replaced by digits. Returns `None` if the length is wrong.
pub(super) fn canonical(typed: &str) -> Option<Zeroizing<String>> {
    let digit = |c: char| match c.to_ascii_lowercase() {
        'o' => '0',
        'i' | 'l' => '1',
        other => other,
    };
    let text: String = typed.chars().map(digit).collect();
    let text = Zeroizing::new(text);
    (text.len() == LENGTH).then_some(text)
}

fn grouped(text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    letters.chunks(GROUP).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join("-")
}

fn hash(code: &str) -> [u8; 32] {
    seal::digest([b"recovery code".as_slice(), code.as_bytes()])
}

/// Serialized form before sealing.
#[derive(Serialize, Deserialize)]
struct Stored {
    hashes: Vec<String>,
    #[serde(default)]
    since: u64,
    created_at: i64,
}

impl Record for RecoveryCodes {
    const KIND: RecordKind = RecordKind::RecoveryCodes;

    fn key(&self) -> String {
        self.user.as_str().to_owned()
    }

    fn owner(&self) -> Option<&UserId> {
        Some(&self.user)
    }

    fn expires_at(&self) -> Option<Timestamp> {
        None
    }

    fn to_bytes(&self) -> Vec<u8> {
        let hashes = self.hashes.iter().map(|hash| seal::hex(hash)).collect();
        serde_json::to_vec(&Stored { hashes, since: self.since, created_at: self.created_at.millis() })
            .unwrap_or_default()
    }

    fn from_bytes(key: &str, bytes: &[u8]) -> Option<Self> {
        let stored: Stored = serde_json::from_slice(bytes).ok()?;
        let hashes = stored.hashes.iter().map(|hash| seal::unhex(hash)).collect::<Option<_>>()?;
        let created_at = Timestamp::from_millis(stored.created_at);
        Some(Self { user: UserId::parse(key)?, hashes, since: stored.since, created_at })
    }
}
