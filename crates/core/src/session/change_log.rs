use crate::{
    clock::Timestamp,
    id::{RealmName, SessionId},
};

/// Position in the revocation log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct LogPosition(pub u64);

/// Entry of the revocation log: a session that ended while its access tokens may still be valid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revocation {
    pub realm: RealmName,
    pub session: SessionId,
    /// Expiry of its last access token, after which the entry can be removed.
    pub expires_at: Timestamp,
}
