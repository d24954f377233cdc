//! Cache of recently verified tokens, so that the signature of a token is checked once and not for each request. Only
//! immutable results are cached: the caller checks the time, the key and the session for each request.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use super::{BadToken, CLOCK_SKEW, Proof};
use crate::{clock::Timestamp, id::RealmName, seal};

/// Number of shards. Each has its own lock.
const SHARDS: usize = 16;
/// Maximum number of tokens per generation of a shard, which fill a hash map of 1,024 slots: 28,672 in total, at most
/// 8 MB.
const MAX: usize = 896;

/// Digest of a realm and a token. The token itself is not stored.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct TokenDigest([u8; 32]);

impl TokenDigest {
    pub(super) fn of(realm: &RealmName, token: &str) -> Self {
        Self(seal::digest([realm.as_str().as_bytes(), token.as_bytes()]))
    }
}

/// Claims of a token with a valid signature.
#[derive(Clone)]
pub(super) struct Verified {
    pub(super) proof: Proof,
    /// Identifier of the signing key.
    pub(super) kid: Arc<str>,
    /// Time before which it is not valid.
    pub(super) begins_at: Timestamp,
    pub(super) expires_at: Timestamp,
}

impl Verified {
    /// Rejects a token that has expired or is not valid yet. A small clock skew is tolerated.
    pub(super) fn check_time(&self, now: Timestamp) -> Result<(), BadToken> {
        let is_valid = now.plus(CLOCK_SKEW) >= self.begins_at && now < self.expires_at.plus(CLOCK_SKEW);
        if is_valid { Ok(()) } else { Err(BadToken::Time) }
    }
}

/// A bounded cache of verified tokens. The least recently used are evicted first, half a shard at a time.
#[derive(Default)]
pub(super) struct VerifiedTokens([Mutex<Shard>; SHARDS]);

/// Two generations. Used tokens move to the newer one. When it is full, the older one is dropped.
#[derive(Default)]
struct Shard {
    newer: HashMap<TokenDigest, Verified>,
    older: HashMap<TokenDigest, Verified>,
}

impl VerifiedTokens {
    pub(super) fn get(&self, digest: &TokenDigest) -> Option<Verified> {
        let mut shard = self.shard(digest)?.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = shard.newer.get(digest) {
            return Some(found.clone());
        }
        let found = shard.older.remove(digest)?;
        shard.insert(*digest, found.clone());
        Some(found)
    }

    pub(super) fn insert(&self, digest: TokenDigest, verified: Verified) {
        if let Some(shard) = self.shard(&digest) {
            shard.lock().unwrap_or_else(PoisonError::into_inner).insert(digest, verified);
        }
    }

    fn shard(&self, digest: &TokenDigest) -> Option<&Mutex<Shard>> {
        self.0.get(usize::from(digest.0[0]) % SHARDS)
    }
}

impl Shard {
    fn insert(&mut self, digest: TokenDigest, verified: Verified) {
        if self.newer.len() >= MAX {
            self.older = std::mem::take(&mut self.newer);
        }
        self.newer.insert(digest, verified);
    }
}

/// Prints no tokens.
impl std::fmt::Debug for VerifiedTokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let count = |shard: &Mutex<Shard>| {
            let shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
            shard.newer.len() + shard.older.len()
        };
        write!(f, "VerifiedTokens({})", self.0.iter().map(count).sum::<usize>())
    }
}
