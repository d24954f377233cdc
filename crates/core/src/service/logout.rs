//! `logout`: the session is over, everywhere.

use crate::{
    audit::{AuditRow, Event},
    batch,
    ctx::Ctx,
    error::{Error, Result},
    port::CommitError,
    realm::Realm,
    service::{Principal, Service},
};

impl Service {
    /// Ends the caller's session. When this returns, the end survives a crash.
    ///
    /// # Errors
    /// The one answer for bad tokens, when the session ended meanwhile; unavailable.
    pub async fn logout(&self, ctx: &Ctx, realm: &Realm, principal: &Principal) -> Result<()> {
        let audit = AuditRow::new(ctx, &realm.name, Event::LoggedOut).user(&principal.account.id);
        match self.commit(batch![self.end(ctx, realm, &principal.session), audit]).await {
            Ok(()) => {
                tracing::info!(realm = %realm.name, session = %principal.session, "logged out");
                Ok(())
            }
            Err(CommitError::Failed(_)) => Err(Error::bad_token().because("the session is over")),
            Err(error) => Err(error.into()),
        }
    }
}
