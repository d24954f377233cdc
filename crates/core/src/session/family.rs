//! Refresh token family: the state of a session's refresh tokens. Only hashes are stored.

use std::time::Duration;

use crate::clock::Timestamp;

/// How long the previous token can be repeated without restriction, because a response may be lost, or two tabs may
/// refresh at the same time.
const FREE_FOR: Duration = Duration::from_secs(60);

/// State of a session's refresh tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Family {
    /// Hash of the current token.
    pub current: TokenHash,
    /// Hash of the previous token.
    pub previous: Option<TokenHash>,
    /// Time when the current token was issued.
    pub rotated_at: Timestamp,
    /// Expiry of the current token, unless it is used earlier.
    pub idle_until: Timestamp,
}

/// SHA-256 of a refresh token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenHash(pub [u8; 32]);

/// Position of a refresh token in its family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Position {
    Newest,
    /// The previous token, shortly after the rotation, when repetition is unrestricted.
    Previous,
    /// The previous token, later in the grace period.
    Late,
    /// An older token, which may have been stolen.
    Reused,
}

impl Family {
    /// Returns the position of the token with this hash.
    #[must_use]
    pub fn position(&self, hash: TokenHash, now: Timestamp, grace: Duration) -> Position {
        if hash == self.current {
            return Position::Newest;
        }
        if self.previous != Some(hash) {
            return Position::Reused;
        }
        // The absolute difference, so that setting the clock back does not extend the grace period.
        match now.since(self.rotated_at).max(self.rotated_at.since(now)) {
            age if age <= FREE_FOR => Position::Previous,
            age if age <= grace => Position::Late,
            _ => Position::Reused,
        }
    }
}
