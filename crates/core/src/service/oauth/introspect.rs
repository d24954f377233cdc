//! `introspect`: whether a token is live, and what its session says (RFC 7662).

use super::OAuth;
use crate::{
    account::Role,
    clock::Timestamp,
    error::Result,
    id::{SessionId, UserId},
    service::ApiClient,
    session::{Amr, Impersonator, Position, Session},
    token::{Actor, Audience, RefreshToken},
};

/// Kind of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    Access,
    Refresh,
}

/// A live token, with what the store knows of its session.
#[derive(Debug)]
pub struct LiveToken {
    pub kind: TokenKind,
    /// Issuer of the access tokens of the realm.
    pub issuer: String,
    pub user: UserId,
    pub session: SessionId,
    /// Audience of an access token, if it has one.
    pub audience: Option<Audience>,
    /// Time of issue. Unknown for a previous refresh token.
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
}

impl OAuth<'_> {
    /// Returns what is known of a token of this realm; `None` if it is not live, for every reason. The session is read from the
    /// store each time, so that its end is seen at once. Nothing is changed: an old refresh token ends no session here.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails.
    pub async fn introspect(&self, _: &ApiClient, token: &str) -> Result<Option<LiveToken>> {
        let found = match RefreshToken::parse(&self.realm.keys, token) {
            Some(token) => self.live_refresh_token(&token).await?,
            None => self.live_access_token(token).await?,
        };
        // The account may have been deleted by a server that does not end sessions.
        match found {
            Some(found) => {
                let account = self.account(&found.user).await?;
                Ok(account.map(|account| LiveToken { roles: account.roles.clone(), ..found }))
            }
            None => Ok(None),
        }
    }

    async fn live_access_token(&self, token: &str) -> Result<Option<LiveToken>> {
        let verified = self.tokens.verify_claims(self.ctx, &self.realm.name, token);
        let (proof, claims) = match verified {
            Ok(verified) => verified,
            Err(reason) => {
                tracing::debug!(%reason, "token not active");
                return Ok(None);
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

    async fn live_refresh_token(&self, token: &RefreshToken) -> Result<Option<LiveToken>> {
        let session = self.ports.store.session(&self.realm.name, token.session()).await?;
        let is_live = |session: &Session| session.is_live(self.ctx.now) && session.impersonator.is_none();
        let Some(session) = session.filter(is_live) else { return Ok(None) };
        let (family, grace) = (session.family.clone(), self.realm.policy.refresh_grace);
        let (issued_at, expires_at) = match family.position(token.hash(), self.ctx.now, grace) {
            Position::Newest => (Some(family.rotated_at), family.idle_until),
            Position::Previous | Position::Late => (None, family.idle_until.min(family.rotated_at.plus(grace))),
            Position::Reused => return Ok(None),
        };
        let expires_at = expires_at.min(session.expires_at);
        Ok(Some(LiveToken { issued_at, expires_at, ..self.of(session) }))
    }

    /// Returns what a session says of its tokens.
    fn of(&self, session: Session) -> LiveToken {
        LiveToken {
            kind: TokenKind::Refresh,
            issuer: self.tokens.issuer(&self.realm.name),
            acr: session.acr(),
            actor: session.impersonator.as_ref().map(|by| self.tokens.actor(by)),
            roles: Vec::new(),
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

/// Returns who acts in a session in the name of its user.
fn actor_of(session: &Session) -> Option<String> {
    session.impersonator.as_ref().map(Impersonator::subject)
}
