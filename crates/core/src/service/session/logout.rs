//! `logout`: ends the session of the caller on every server.

use super::Sessions;
use crate::{
    audit::Event,
    batch,
    error::{Error, Result},
    port::CommitError,
    service::Viewer,
};

impl Sessions<'_> {
    /// Ends the session of the caller. The end is durable when this returns.
    ///
    /// # Errors
    /// Returns `BadToken` if the session ended in the meantime, and `Unavailable` if the store fails.
    pub async fn logout(&self, viewer: &Viewer) -> Result<()> {
        let audit = self.audit(Event::LoggedOut).user(viewer);
        match self.commit(batch![self.end_session(viewer.session()), audit]).await {
            Ok(()) => {
                tracing::info!(realm = %self.realm.name, session = %viewer.session(), "logged out");
                Ok(())
            }
            Err(CommitError::Failed(_)) => Err(Error::bad_token().because("session ended")),
            Err(error) => Err(error.into()),
        }
    }
}
