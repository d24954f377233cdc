//! `logout`: the session is over, everywhere.

use crate::{
    audit::{AuditRow, Event},
    ctx::Ctx,
    error::{Error, Result},
    port::{CommitError, Op},
    realm::Realm,
    service::{Principal, Service},
    session::Revocation,
    token::CLOCK_SKEW,
};

impl Service {
    /// Ends the caller's session. When this returns, the end survives a crash.
    ///
    /// # Errors
    /// The one answer for bad tokens, when the session ended meanwhile; unavailable.
    pub async fn logout(&self, ctx: &Ctx, realm: &Realm, principal: &Principal) -> Result<()> {
        let revocation = Revocation {
            realm: realm.name.clone(),
            session: principal.session.clone(),
            expires_at: ctx.now.plus(self.tokens.lifetime).plus(CLOCK_SKEW),
        };
        let audit = AuditRow::new(ctx, &realm.name, Event::LoggedOut).user(&principal.account.id);
        match self.commit(vec![Op::EndSession(revocation), Op::Audit(audit)]).await {
            Ok(()) => {
                tracing::info!(realm = %realm.name, session = %principal.session, "logged out");
                Ok(())
            }
            Err(CommitError::Failed(_)) => Err(Error::bad_token().because("the session is over")),
            Err(error) => Err(error.into()),
        }
    }
}
