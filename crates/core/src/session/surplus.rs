use crate::{clock::Timestamp, id::SessionId};

/// A live session, reduced to the data needed to select the sessions to revoke.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionUse {
    pub id: SessionId,
    /// Whether it was refreshed since its login.
    pub is_refreshed: bool,
    /// Time of the last refresh, or of the login.
    pub last_used_at: Timestamp,
}

/// Returns the sessions of a user to revoke, so that at most `most` are left. Sessions that were never refreshed are
/// revoked first, then the least recently used ones. `newest`, which was just created, is kept.
#[must_use]
pub fn surplus(mut live: Vec<SessionUse>, newest: &SessionId, most: usize) -> Vec<SessionId> {
    let Some(beyond) = live.len().checked_sub(most.max(1)) else { return Vec::new() };
    live.retain(|session| session.id != *newest);
    live.sort_by(|a, b| (a.is_refreshed, a.last_used_at, &a.id).cmp(&(b.is_refreshed, b.last_used_at, &b.id)));
    live.into_iter().take(beyond).map(|session| session.id).collect()
}
