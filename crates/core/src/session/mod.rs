//! Sessions, their refresh tokens, and the log that ends them on every server.

mod amr;
mod change_log;
mod client;
pub mod device;
mod surplus;

pub use amr::Amr;
pub use change_log::{CHANGES_KEPT, Change, LogPosition, Revocation, StoredChange};
pub use client::SessionClient;
pub use surplus::{SessionUse, surplus};

use crate::{
    clock::Timestamp,
    id::{RealmName, SessionId, UserId},
    seal::Sealed,
};

/// Login of a user, until it is ended or expires.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    pub realm: RealmName,
    /// Claim `sid` of its access tokens.
    pub id: SessionId,
    pub user: UserId,
    /// Time of the last authentication.
    pub auth_time: Timestamp,
    /// Methods of the last authentication.
    pub amr: Vec<Amr>,
    /// [`SessionClient`], sealed under the user's data key.
    pub client: Sealed,
    pub created_at: Timestamp,
    /// Latest possible end, regardless of its use.
    pub expires_at: Timestamp,
    pub family: Family,
}

impl Session {
    /// Returns whether it has neither expired nor been idle for too long.
    #[must_use]
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.expires_at.min(self.family.idle_until) > now
    }
}

/// Refresh token family: the state of the refresh tokens of a session. Only hashes are stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Family {
    /// Hash of the newest token.
    pub current: TokenHash,
    /// Hash of the token before it.
    pub previous: Option<TokenHash>,
    /// Time at which the newest token was issued.
    pub rotated_at: Timestamp,
    /// Expiry of the newest token, unless it is used before.
    pub idle_until: Timestamp,
}

/// SHA-256 of a refresh token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenHash(pub [u8; 32]);
