//! `me/sessions`: lists the live sessions of the caller.

use super::Sessions;
use crate::{error::Result, service::Viewer, session::ListedSession};

impl Sessions<'_> {
    /// Returns the live sessions of the caller, most recent use first.
    ///
    /// # Errors
    /// Returns `BadToken` if the account was deleted in the meantime, `Unavailable` if the store fails, and `Internal` if a
    /// record cannot be decrypted.
    pub async fn list(&self, viewer: &Viewer) -> Result<Vec<ListedSession>> {
        let user = self.user_of_account(viewer.account()).await?;
        self.live_sessions(&user, viewer.session()).await
    }
}
