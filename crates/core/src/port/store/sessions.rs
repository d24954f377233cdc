use async_trait::async_trait;

use super::{Effect, StoreError};
use crate::{
    clock::Timestamp,
    id::{ClientId, RealmName, SessionId, UserId},
    session::{Change, Revocation, Session, SessionKind, TokenHash},
};

/// Queries of sessions.
#[async_trait]
pub trait Sessions {
    /// Returns a session, even if it is expired.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn session(&self, realm: &RealmName, id: &SessionId) -> Result<Option<Session>, StoreError>;

    /// Returns the sessions of a user, including expired ones, in any order.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn sessions_of(&self, realm: &RealmName, user: &UserId) -> Result<Vec<Session>, StoreError>;

    /// Returns up to `limit` sessions of a user, in any order. The result is complete if it is shorter.
    ///
    /// # Errors
    /// Returns [`StoreError`] if the store fails.
    async fn few_sessions_of(&self, realm: &RealmName, user: &UserId, most: usize) -> Result<Vec<Session>, StoreError>;
}

/// Writes to sessions.
#[derive(Debug, Clone)]
pub enum SessionOp {
    /// Inserts a session. Requires its identifier to be free.
    Insert(Session),
    /// Removes a session and appends it to the change log. Requires it to exist.
    End(Revocation),
    /// Removes all sessions of a user, except `except` if given, and appends each to the change log. `expires_at` is
    /// the expiry of their last access token.
    EndAll { realm: RealmName, user: UserId, except: Option<SessionId>, expires_at: Timestamp },
    /// Removes live sessions of one kind of a user, and of one client if it is given, until at most `most` are left,
    /// and appends each to the change log: first those that were never refreshed, then the least recently refreshed
    /// ones. `newest` is kept. `expires_at` is the expiry of their last kept. `expires_at` is the expiry of their last
    /// access token.
    EndSurplus {
        realm: RealmName,
        user: UserId,
        kind: SessionKind,
        client: Option<ClientId>,
        newest: SessionId,
        most: usize,
        now: Timestamp,
        expires_at: Timestamp,
    },
    /// Sets the time and methods of a session's last authentication. Requires it to exist.
    Authenticate(Session),
    /// Replaces the latest refresh token. Requires it to be `from`.
    Rotate { realm: RealmName, id: SessionId, from: TokenHash, to: TokenHash, at: Timestamp, idle_until: Timestamp },
}

impl SessionOp {
    pub(super) fn effects(&self) -> Vec<Effect> {
        match self {
            Self::End(ended) => vec![Effect::Changed(Change::SessionEnded(ended.clone()))],
            // Caches contain the time of the authentication.
            Self::Authenticate(Session { realm, user, .. }) | Self::EndAll { realm, user, .. } => {
                vec![Effect::Changed(Change::UserChanged { realm: realm.clone(), user: user.clone() })]
            }
            // Only the store knows which sessions ended. Every process, including this one, reads it from the log.
            Self::Insert(_) | Self::EndSurplus { .. } | Self::Rotate { .. } => Vec::new(),
        }
    }
}
