use crate::{
    id::{ClientId, SessionId},
    scope::{OFFLINE_ACCESS, Scopes},
};

/// Permissions of a client in its session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionGrant {
    pub client: ClientId,
    /// Browser session in which the user granted them.
    pub parent: SessionId,
    pub scopes: Scopes,
}

impl SessionGrant {
    /// Returns whether the session outlives the browser session.
    #[must_use]
    pub fn is_offline(&self) -> bool {
        self.scopes.has(OFFLINE_ACCESS)
    }
}
