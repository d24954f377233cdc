//! What a process may remember so as not to ask the store each time. Losing it costs time, never truth.

use std::sync::Arc;

use crate::{
    account::Account,
    clock::Timestamp,
    id::{RealmName, SessionId, UserId},
    session::Revocation,
};

/// Whether a session is known to be over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Seen alive, and everything that ended since is known.
    Live,
    /// Over.
    Revoked,
    /// Not known here: ask the store.
    Unknown,
}

/// What is known of sessions that are alive and sessions that are over.
///
/// The truth is the store's revocation log; this is a copy, kept by following it. A copy that was not brought up to date
/// within the last second answers [`Answer::Unknown`] for what it has seen alive: it never fails open.
pub trait Revocations: Send + Sync + std::fmt::Debug {
    /// What is known of this user's session.
    fn ask(&self, realm: &RealmName, session: &SessionId, user: &UserId, now: Timestamp) -> Answer;

    /// A mark to take before the store is asked about a session, for [`seen_alive`](Self::seen_alive).
    fn mark(&self) -> u64;

    /// The store says that this user's session is alive, or was at some time since the mark. What was revoked stays revoked,
    /// and what was doubted since the mark stays doubted.
    fn seen_alive(&self, realm: &RealmName, session: &SessionId, user: &UserId, mark: u64);

    /// Sessions of this user are over, which ones the log will tell: none of them is known alive until it is seen again.
    fn doubt(&self, realm: &RealmName, user: &UserId);

    /// These sessions are over.
    fn revoke(&self, entries: &[Revocation]);

    /// Everything that the log held at this time is known.
    fn up_to_date(&self, now: Timestamp);
}

/// Accounts that were read lately, open and ready to be answered; never with a password's hash.
pub trait AccountCache: Send + Sync + std::fmt::Debug {
    /// The account, when it is remembered.
    fn get(&self, realm: &RealmName, user: &UserId) -> Option<Arc<Account>>;

    /// A mark to take before reading the store, for [`put`](Self::put).
    fn mark(&self) -> u64;

    /// Remembers an account, unless something was forgotten since the mark: then it may be out of date already.
    fn put(&self, realm: &RealmName, account: Arc<Account>, mark: u64);

    /// Forgets an account that has changed.
    fn forget(&self, realm: &RealmName, user: &UserId);
}
