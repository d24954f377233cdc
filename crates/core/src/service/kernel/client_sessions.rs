//! Sessions of clients and browsers, shared by several areas.

use super::Scope;
use crate::{
    error::Result,
    oauth::RegisteredClient,
    session::{Session, SessionGrant, SessionKind},
};

impl Scope<'_> {
    /// Returns the client of a session, unless the client was removed since the session started.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails, and `Internal` if the client cannot be decrypted.
    pub(in crate::service) async fn client_of(
        &self,
        session: &Session,
        grant: &SessionGrant,
    ) -> Result<Option<RegisteredClient>> {
        let client = self.client(grant.client.as_str()).await?;
        Ok(client.filter(|client| client.created_at <= session.created_at))
    }

    /// Returns whether a client session remains valid: its browser session is live, or it does not depend on one.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails.
    pub(in crate::service) async fn has_parent(&self, grant: &SessionGrant) -> Result<bool> {
        if grant.is_offline() {
            return Ok(true);
        }
        let parent = self.ports.store.session(&self.realm.name, &grant.parent).await?;
        Ok(parent.is_some_and(|parent| parent.kind == SessionKind::Browser && parent.is_live(self.ctx.now)))
    }
}
