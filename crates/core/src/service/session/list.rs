//! `me/sessions`: lists the live sessions of the caller.

use super::Sessions;
use crate::{error::Result, service::Viewer, session::ListedSession};

impl Sessions<'_> {
    /// Returns the live sessions of the caller, most recent use first.
    ///
    /// # Errors
    /// Bad token, if the account was deleted meanwhile; unavailable; internal, if a record does not open.
    pub async fn list(&self, viewer: &Viewer) -> Result<Vec<ListedSession>> {
        let user = self.user_of_account(viewer.account()).await?;
        self.live_sessions(&user, viewer.session()).await
    }
}
