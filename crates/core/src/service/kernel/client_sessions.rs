//! Sessions of clients and of browsers, as far as several areas need them.

use super::Scope;
use crate::{
    error::Result,
    oauth::RegisteredClient,
    session::{Session, SessionGrant, SessionKind},
};

impl Scope<'_> {
    /// Returns the client of a session, unless it was removed since the session began.
    ///
    /// # Errors
    /// Unavailable; internal, if the client does not open.
    pub(in crate::service) async fn client_of(
        &self,
        session: &Session,
        grant: &SessionGrant,
    ) -> Result<Option<RegisteredClient>> {
        let client = self.client(grant.client.as_str()).await?;
        Ok(client.filter(|client| client.created_at <= session.created_at))
    }

    /// Returns whether the browser session of a client session is live, or may be gone.
    ///
    /// # Errors
    /// Unavailable.
    pub(in crate::service) async fn has_parent(&self, grant: &SessionGrant) -> Result<bool> {
        if grant.is_offline() {
            return Ok(true);
        }
        let parent = self.ports.store.session(&self.realm.name, &grant.parent).await?;
        Ok(parent.is_some_and(|parent| parent.kind == SessionKind::Browser && parent.is_live(self.ctx.now)))
    }
}
