//! `introspect`: whether a token is active, and the properties of its session (RFC 7662).

use super::{OAuth, refresh::CLIENT_GRACE};
use crate::{
    account::Role,
    clock::Timestamp,
    error::Result,
    id::{SessionId, UserId},
    oauth::{ClientId, Scopes},
    service::Introspector,
    session::{Amr, Impersonator, Position, Session, SessionKind},
    token::{Actor, Audience, RefreshToken},
};

/// Kind of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    Access,
    Refresh,
}

/// An active token and the stored properties of its session.
#[derive(Debug)]
pub struct LiveToken {
    pub kind: TokenKind,
    /// Issuer of the access tokens of the realm.
    pub issuer: String,
    pub user: UserId,
    pub session: SessionId,
    /// Audience of an access token, if it has one.
    pub audience: Option<Audience>,
    /// Time of issue. `None` for a rotated refresh token.
    pub issued_at: Option<Timestamp>,
    pub expires_at: Timestamp,
    /// Time of the last authentication.
    pub auth_time: Timestamp,
    /// Authentication context class.
    pub acr: &'static str,
    /// Methods of the last authentication.
    pub amr: Vec<Amr>,
    /// Administrator who impersonates the user.
    pub actor: Option<Actor>,
    /// Roles of the user.
    pub roles: Vec<Role>,
    /// Client that the token was issued for, and its scopes.
    pub grant: Option<(ClientId, Scopes)>,
}

impl OAuth<'_> {
    /// Returns the properties of a token of this realm. `None` if it is not active, whatever the reason. The session is
    /// read from the store each time, so that its end takes effect immediately. Introspection changes nothing: a
    /// reused refresh token does not end the session.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails.
    pub async fn introspect(&self, asker: &Introspector, token: &str) -> Result<Option<LiveToken>> {
        let found = match RefreshToken::parse(&self.realm.keys, token) {
            Some(token) => self.live_refresh_token(&token).await?,
            None => self.live_access_token(token).await?,
        };
        let Some(found) = found.filter(|found| is_known_to(asker, found)) else { return Ok(None) };
        // The account may have been deleted by a server that does not end sessions.
        let Some(account) = self.account(&found.user).await? else { return Ok(None) };
        let has_roles = match &found.grant {
            Some((client, _)) => self.client(client.as_str()).await?.is_some_and(|client| client.first_party),
            None => true,
        };
        Ok(Some(LiveToken { roles: if has_roles { account.roles.clone() } else { Vec::new() }, ..found }))
    }

    async fn live_access_token(&self, token: &str) -> Result<Option<LiveToken>> {
        let verified = self.tokens.verify_claims(self.ctx, &self.realm.name, token);
        let (proof, claims) = match verified {
            Ok(verified) => verified,
            Err(reason) => {
                tracing::debug!(%reason, "not a token of the server's own");
                return self.live_client_token(token).await;
            }
        };
        let session = self.ports.store.session(&self.realm.name, &proof.session).await?;
        let is_its = |session: &Session| session.user == proof.user && actor_of(session) == proof.actor;
        let session = session.filter(|session| is_its(session) && session.expires_at > self.ctx.now);
        let session = match session {
            Some(session) if self.is_backed(&session).await? => Some(session),
            _ => None,
        };
        Ok(session.map(|session| LiveToken {
            kind: TokenKind::Access,
            audience: claims.aud,
            issued_at: Some(Timestamp::from_secs(claims.iat)),
            expires_at: Timestamp::from_secs(claims.exp),
            ..self.of(session)
        }))
    }

    async fn live_client_token(&self, token: &str) -> Result<Option<LiveToken>> {
        let Ok(proof) = self.tokens.verify_for_client(self.ctx, &self.realm.name, token) else { return Ok(None) };
        let session = self.ports.store.session(&self.realm.name, &proof.session).await?;
        let Some(session) = session.filter(|session| session.user == proof.user) else { return Ok(None) };
        let Some(grant) = self.live_grant(&session).await?.filter(|grant| grant.client == proof.client) else {
            return Ok(None);
        };
        let issuer = self.tokens.issuer(&self.realm.name);
        Ok(Some(LiveToken {
            kind: TokenKind::Access,
            audience: Some(Audience::One(issuer)),
            issued_at: Some(proof.issued_at),
            expires_at: proof.expires_at,
            grant: Some((grant.client.clone(), grant.scopes.within(&proof.scopes))),
            ..self.of(session)
        }))
    }

    async fn live_refresh_token(&self, token: &RefreshToken) -> Result<Option<LiveToken>> {
        let session = self.ports.store.session(&self.realm.name, token.session()).await?;
        let is_live = |session: &Session| session.is_live(self.ctx.now) && session.impersonator.is_none();
        let Some(mut session) = session.filter(is_live) else { return Ok(None) };
        let mut grace = self.realm.policy.refresh_grace;
        if session.kind == SessionKind::Client {
            // The client may have been restricted since.
            let Some(grant) = self.live_grant(&session).await? else { return Ok(None) };
            session.grant = Some(grant);
            grace = CLIENT_GRACE;
        }
        let family = session.family.clone();
        let (issued_at, expires_at) = match family.position(token.hash(), self.ctx.now, grace) {
            Position::Newest => (Some(family.rotated_at), family.idle_until),
            Position::Previous | Position::Late => (None, family.idle_until.min(family.rotated_at.plus(grace))),
            Position::Reused => return Ok(None),
        };
        let expires_at = expires_at.min(session.expires_at);
        Ok(Some(LiveToken { issued_at, expires_at, ..self.of(session) }))
    }

    /// Returns the properties of a session's tokens.
    fn of(&self, session: Session) -> LiveToken {
        LiveToken {
            kind: TokenKind::Refresh,
            issuer: self.tokens.issuer(&self.realm.name),
            acr: session.acr(),
            actor: session.impersonator.as_ref().map(|by| self.tokens.actor(by)),
            roles: Vec::new(),
            grant: session.grant.map(|grant| (grant.client, grant.scopes)),
            user: session.user,
            session: session.id,
            audience: None,
            issued_at: None,
            expires_at: session.expires_at,
            auth_time: session.auth_time,
            amr: session.amr,
        }
    }
}

/// Returns the administrator who impersonates the user in a session.
fn actor_of(session: &Session) -> Option<String> {
    session.impersonator.as_ref().map(Impersonator::subject)
}

/// Returns whether the caller may introspect a token. Clients may only introspect their own tokens.
fn is_known_to(asker: &Introspector, token: &LiveToken) -> bool {
    match asker {
        Introspector::Service(_) => true,
        Introspector::Client(client) => token.grant.as_ref().is_some_and(|(id, _)| *id == client.id),
    }
}
