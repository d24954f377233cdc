//! `token` with `grant_type=refresh_token` for a client: the next tokens of its session.

use std::time::Duration;

use super::{OAuth, exchange::ClientTokens};
use crate::{
    account::User,
    audit::Event,
    batch,
    error::{
        Error, Result,
        catalogue::{CLIENT_GRANT_REFUSED, REFRESH_INVALID, SCOPE_INVALID},
    },
    limit::{LimitKey, LimitKind},
    oauth::{GrantType, Scopes},
    port::{CommitError, Precondition, SessionOp},
    service::kernel::{ATTEMPTS, AuthenticatedClient, retry},
    session::{Position, Session, SessionGrant, SessionKind},
    token::RefreshToken,
};

/// How long the previous refresh token can be repeated.
pub(super) const CLIENT_GRACE: Duration = Duration::from_secs(60);

impl OAuth<'_> {
    /// Issues the next tokens of a client's session. `scope` may restrict this access token to some of the granted
    /// scopes.
    ///
    /// # Errors
    /// Returns `Malformed` if the client may not use the grant type or requests other scopes, `Refused` if the token
    /// is not accepted for any reason, `Limited` if a rate limit is reached, and `Unavailable` if the store fails.
    pub async fn refresh_client(
        &self,
        client: &AuthenticatedClient,
        token: Option<&str>,
        scope: Option<&str>,
    ) -> Result<ClientTokens> {
        if !client.may(GrantType::RefreshToken) {
            return Err(CLIENT_GRANT_REFUSED.into());
        }
        let token = token.and_then(|raw| RefreshToken::parse(&self.realm.keys, raw)).ok_or(REFRESH_INVALID)?;
        let narrowed = scope.map(|text| Scopes::parse(text).ok_or(SCOPE_INVALID)).transpose()?;
        let again = "the session kept changing during a refresh";
        retry(ATTEMPTS, again, |attempt| self.refresh_client_once(client, &token, narrowed.as_ref(), attempt)).await
    }

    async fn refresh_client_once(
        &self,
        client: &AuthenticatedClient,
        token: &RefreshToken,
        narrowed: Option<&Scopes>,
        attempt: usize,
    ) -> Result<Option<ClientTokens>> {
        let refused = |reason: &'static str| REFRESH_INVALID.because(reason);
        let session = self.ports.store.session(&self.realm.name, token.session()).await?;
        let session = session.filter(|session| session.kind == SessionKind::Client);
        let session = session.ok_or_else(|| refused("no client session"))?;
        let grant = self.live_grant(&session).await?.ok_or_else(|| refused("session ended"))?;
        if grant.client != client.id {
            return Err(refused("token of another client"));
        }
        let user = self.ports.store.user(&self.realm.name, &session.user).await?;
        let user = user.ok_or_else(|| refused("the user does not exist"))?;
        self.check_state(&user)?;
        let position = session.family.position(token.hash(), self.ctx.now, CLIENT_GRACE);
        if position == Position::Reused {
            return self.end_copied(&session, &user).await;
        }
        // Only now, so that only its client uses up the limit of the session, and no one hides a reuse by exhausting
        // it.
        if attempt == 0 {
            let key = LimitKey::in_realm(&self.realm.keys, LimitKind::Refreshes, &[session.id.as_str().as_bytes()]);
            self.charge(LimitKind::Refreshes, key, self.settings.limits.refreshes_session).await?;
        }
        let scopes = match narrowed {
            Some(narrowed) if !grant.scopes.include(narrowed) => return Err(SCOPE_INVALID.into()),
            Some(narrowed) => narrowed.clone(),
            None => grant.scopes.clone(),
        };
        let next = token.successor(&self.realm.keys);
        if position == Position::Newest {
            let rotation = batch![self.client_rotation(&session, &next)];
            if !self.commit_unless(rotation, &[Precondition::RefreshNewest]).await? {
                return Ok(None);
            }
        }
        let account = self.account_of(&user).await?;
        let grant = SessionGrant { scopes, ..grant };
        let tokens = self.client_tokens(client, (&session, &grant), &account, (None, session.acr()))?;
        Ok(Some(ClientTokens { refresh: Some(next), ..tokens }))
    }

    fn client_rotation(&self, session: &Session, next: &RefreshToken) -> SessionOp {
        SessionOp::Rotate {
            realm: session.realm.clone(),
            id: session.id.clone(),
            from: session.family.current,
            to: next.hash(),
            at: self.ctx.now,
            idle_until: self.ctx.now.plus(self.realm.policy.refresh_token_ttl).min(session.expires_at),
        }
    }

    /// Ends the session of a reused refresh token and rejects the token (RFC 9700 §4.14.2).
    async fn end_copied<T>(&self, session: &Session, user: &User) -> Result<T> {
        tracing::warn!(realm = %self.realm.name, session = %session.id, "refresh token reused, session revoked");
        let audit = self.audit(Event::RefreshReused).session(&session.id).user(user);
        match self.commit(batch![self.end_session(&session.id), audit]).await {
            // A failed precondition means that another request has already ended the session.
            Ok(()) | Err(CommitError::Failed(_)) => Err(Error::from(REFRESH_INVALID)),
            Err(error) => Err(error.into()),
        }
    }
}
