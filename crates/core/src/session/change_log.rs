use std::time::Duration;

use crate::{
    clock::Timestamp,
    id::{RealmName, SessionId, UserId},
};

/// Minimum retention of entries that have no expiry. A follower that lags by half of this drops its entire cache.
pub const CHANGES_KEPT: Duration = Duration::from_secs(600);

/// A position in the change log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct LogPosition(pub u64);

/// A change log entry: data that all processes must remove from their caches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A session has ended.
    SessionEnded(Revocation),
    /// A user's account or a session of the user has changed.
    UserChanged { realm: RealmName, user: UserId },
    /// The settings or the clients of a realm have changed.
    RealmChanged { realm: RealmName },
    /// Root keys or signing keys have changed.
    KeysChanged,
    /// The grants of administrators have changed.
    AdminsChanged,
}

/// A session that was revoked while its access tokens may still be valid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revocation {
    pub realm: RealmName,
    pub session: SessionId,
    /// Expiry of its last access token. The entry can be removed after that.
    pub expires_at: Timestamp,
}

/// A change log entry in its stored form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoredChange<'a> {
    /// Kind of change.
    pub kind: &'a str,
    pub realm: Option<&'a RealmName>,
    /// Identifier of the session or user.
    pub subject: Option<&'a str>,
    /// Time when the entry can be removed. If absent, the next sweep sets it to [`CHANGES_KEPT`] later.
    pub expires_at: Option<Timestamp>,
}

impl Change {
    /// Returns the stored form.
    #[must_use]
    pub fn stored(&self) -> StoredChange<'_> {
        let of = |kind, realm, subject| StoredChange { kind, realm, subject, expires_at: None };
        match self {
            Self::SessionEnded(ended) => StoredChange {
                kind: "session",
                realm: Some(&ended.realm),
                subject: Some(ended.session.as_str()),
                expires_at: Some(ended.expires_at),
            },
            Self::UserChanged { realm, user } => of("user", Some(realm), Some(user.as_str())),
            Self::RealmChanged { realm } => of("realm", Some(realm), None),
            Self::KeysChanged => of("keys", None, None),
            Self::AdminsChanged => of("admin", None, None),
        }
    }

    /// Parses the stored form.
    #[must_use]
    pub fn from_stored(stored: StoredChange<'_>) -> Option<Self> {
        let realm = || stored.realm.cloned();
        Some(match stored.kind {
            "session" => Self::SessionEnded(Revocation {
                realm: realm()?,
                session: SessionId::parse(stored.subject?)?,
                expires_at: stored.expires_at?,
            }),
            "user" => Self::UserChanged { realm: realm()?, user: UserId::parse(stored.subject?)? },
            "realm" => Self::RealmChanged { realm: realm()? },
            "keys" => Self::KeysChanged,
            "admin" => Self::AdminsChanged,
            _ => return None,
        })
    }
}
