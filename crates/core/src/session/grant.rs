use crate::{
    id::{ClientId, SessionId},
    scope::{OFFLINE_ACCESS, Scopes},
};

/// What a client may do in its session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionGrant {
    pub client: ClientId,
    /// Browser session in which its user gave the authority.
    pub parent: SessionId,
    pub scopes: Scopes,
}

impl SessionGrant {
    /// Returns whether the session survives the one of the browser.
    #[must_use]
    pub fn is_offline(&self) -> bool {
        self.scopes.has(OFFLINE_ACCESS)
    }
}
