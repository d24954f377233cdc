//! What a process remembers so that it need not ask the store for each request. A lost cache costs time, never correctness.

use std::sync::Arc;

use crate::{
    account::Account,
    clock::Timestamp,
    id::{RealmName, SessionId, UserId},
    session::{Assurance, Impersonator, Revocation, Session},
};

/// What the cache knows of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SessionStatus {
    /// Live in the store, and the log has been followed since.
    Live {
        /// Time of the last authentication, as the store has it.
        auth_time: Timestamp,
        /// Its assurance.
        assurance: Assurance,
        /// Who opened it to impersonate the user.
        impersonator: Option<Impersonator>,
    },
    Revoked,
    /// Not known: ask the store.
    Unknown,
}

/// Sessions that are known to be live or ended.
///
/// The change log of the store is the truth; the cache follows it. A cache that was not synced within the last second
/// answers [`SessionStatus::Unknown`] for live sessions, so that revocation never fails open.
pub trait SessionCache: Send + Sync + std::fmt::Debug {
    /// Returns what is known of a session of this user.
    fn status(&self, realm: &RealmName, session: &SessionId, user: &UserId, now: Timestamp) -> SessionStatus;

    /// Returns the generation to pass to [`mark_live`](Self::mark_live); taken before the store is asked.
    fn generation(&self) -> u64;

    /// Records that the store has this session. Has no effect if the session was revoked, or invalidated since the generation
    /// was taken.
    fn mark_live(&self, session: &Session, generation: u64);

    /// Invalidates all cached sessions of the user. Each is read from the store before it is trusted again.
    fn invalidate_user(&self, realm: &RealmName, user: &UserId);

    /// Records sessions that ended.
    fn revoke(&self, entries: &[Revocation]);

    /// Records that all entries of the change log up to this time were applied. After a gap so long that entries may have been
    /// deleted unread, no cached session is trusted.
    fn synced(&self, now: Timestamp);
}

/// Recently read accounts, with decrypted profiles and without password hashes.
///
/// Like [`SessionCache`], it follows the change log: after a second without [`synced`](Self::synced) it returns nothing.
pub trait AccountCache: Send + Sync + std::fmt::Debug {
    /// Returns the account, if it is cached and the log was followed within the last second.
    fn get(&self, realm: &RealmName, user: &UserId, now: Timestamp) -> Option<Arc<Account>>;

    /// Returns the generation to pass to [`insert`](Self::insert); taken before the store is asked.
    fn generation(&self) -> u64;

    /// Caches an account, unless one was invalidated since the generation was taken: it may be outdated then.
    fn insert(&self, realm: &RealmName, account: Arc<Account>, generation: u64);

    /// Removes an account that has changed.
    fn invalidate(&self, realm: &RealmName, user: &UserId);

    /// Records that the log was followed up to this time. After a gap in which entries may have been swept, removes all
    /// accounts.
    fn synced(&self, now: Timestamp);
}
