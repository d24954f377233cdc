//! `revoke`: ends the session of a token (RFC 7009).

use super::{OAuth, PresentedClient};
use crate::{
    audit::Event,
    batch,
    error::Result,
    id::{SessionId, UserId},
    limit::LimitKind,
    port::CommitError,
    session::Session,
    token::RefreshToken,
};

impl OAuth<'_> {
    /// Ends the session of a token of this realm, if there is one. Any refresh token issued by this server is
    /// accepted, including rotated ones, because any holder may end the session. The end is durable when this
    /// returns. A client's token requires the authentication of that client; tokens of other clients remain valid.
    /// Tokens not issued by this server are counted as invalid links of the client.
    ///
    /// # Errors
    /// Returns `BadClient` if a client does not authenticate, `Limited` if a rate limit is reached, and `Unavailable`
    /// if the store fails.
    pub async fn revoke(&self, token: &str, presented: &PresentedClient) -> Result<()> {
        let charge = self.charge_client(LimitKind::Links, self.settings.limits.links_client).await?;
        let Some((session, user)) = self.session_of(token) else { return Ok(()) };
        self.refund(charge).await;
        let session = self.ports.store.session(&self.realm.name, &session).await?;
        let is_its = |session: &Session| user.is_none_or(|user| user == session.user);
        let Some(session) = session.filter(is_its) else { return Ok(()) };
        if let Some(grant) = &session.grant {
            let client = self.authenticate_client(presented).await?;
            if client.id != grant.client {
                return Ok(());
            }
        }
        // The session of a deleted user is about to end.
        let Some(account) = self.account(&session.user).await? else { return Ok(()) };
        let audit = self.audit(Event::LoggedOut).session(&session.id).user(&*account);
        let audit = audit.actor(session.impersonator.as_ref());
        match self.commit(batch![self.end_session(&session.id), audit]).await {
            Ok(()) => {
                tracing::info!(realm = %self.realm.name, session = %session.id, "session revoked by its token");
                Ok(())
            }
            // Another request has ended the session in the meantime.
            Err(CommitError::Failed(_)) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Returns the session of a token issued by this server, and the user named in an access token.
    fn session_of(&self, token: &str) -> Option<(SessionId, Option<UserId>)> {
        if let Some(token) = RefreshToken::parse(&self.realm.keys, token) {
            return Some((token.session().clone(), None));
        }
        if let Ok(proof) = self.tokens.verify(self.ctx, &self.realm.name, token) {
            return Some((proof.session, Some(proof.user)));
        }
        match self.tokens.verify_for_client(self.ctx, &self.realm.name, token) {
            Ok(proof) => Some((proof.session, Some(proof.user))),
            Err(reason) => {
                tracing::debug!(%reason, "token not revoked");
                None
            }
        }
    }
}
