//! Caches of a process, so that it need not query the store for each request. Losing a cache affects performance,
//! never correctness.

use std::sync::Arc;

use crate::{
    account::Account,
    clock::Timestamp,
    id::{RealmName, SessionId, UserId},
    session::{Assurance, Impersonator, Revocation, Session},
};

/// Cached state of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SessionStatus {
    /// Live in the store, and the change log has been followed since.
    Live {
        /// Time of the last authentication, as stored.
        auth_time: Timestamp,
        /// Assurance of the last authentication.
        assurance: Assurance,
        /// Impersonator who created the session.
        impersonator: Option<Impersonator>,
    },
    Revoked,
    /// Not cached: query the store.
    Unknown,
}

/// Cache of live and ended sessions.
///
/// The change log of the store is authoritative, and the cache follows it. If it was not synced within the last
/// second, it returns [`SessionStatus::Unknown`] for live sessions, so that revocation never fails open.
pub trait SessionCache: Send + Sync + std::fmt::Debug {
    /// Returns the cached state of a session of this user.
    fn status(&self, realm: &RealmName, session: &SessionId, user: &UserId, now: Timestamp) -> SessionStatus;

    /// Returns the generation to pass to [`mark_live`](Self::mark_live). Call it before querying the store.
    fn generation(&self) -> u64;

    /// Records that the store contains this session. Has no effect if the session was revoked, or invalidated since
    /// the generation was read.
    fn mark_live(&self, session: &Session, generation: u64);

    /// Invalidates all cached sessions of the user. Each is read from the store before it is trusted again.
    fn invalidate_user(&self, realm: &RealmName, user: &UserId);

    /// Records sessions that ended.
    fn revoke(&self, entries: &[Revocation]);

    /// Records that all entries of the change log up to this time were applied. If the gap since the last call is so
    /// long that entries may have been deleted unread, all cached sessions are invalidated.
    fn synced(&self, now: Timestamp);
}

/// Cache of recently read accounts, with decrypted profiles and without password hashes.
///
/// Like [`SessionCache`], it follows the change log. One second after the last [`synced`](Self::synced) it returns
/// nothing.
pub trait AccountCache: Send + Sync + std::fmt::Debug {
    /// Returns the account if it is cached and the change log was followed within the last second.
    fn get(&self, realm: &RealmName, user: &UserId, now: Timestamp) -> Option<Arc<Account>>;

    /// Returns the generation to pass to [`insert`](Self::insert). Call it before querying the store.
    fn generation(&self) -> u64;

    /// Caches an account, unless an account was invalidated since the generation was read, because the given one may
    /// be outdated.
    fn insert(&self, realm: &RealmName, account: Arc<Account>, generation: u64);

    /// Removes an account that has changed.
    fn invalidate(&self, realm: &RealmName, user: &UserId);

    /// Records that the change log was followed up to this time. If the gap since the last call is so long that
    /// entries may have been deleted unread, all accounts are removed.
    fn synced(&self, now: Timestamp);
}
