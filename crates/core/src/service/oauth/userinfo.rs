//! `userinfo`: claims about a user, according to the scopes of a client (OpenID Connect Core §5.3).

use super::OAuth;
use crate::{
    error::{Error, Result, catalogue::SCOPE_MISSING},
    id::UserId,
    oauth::scopes::OPENID,
    token::UserClaims,
};

/// User of a token, and the claims visible to its client.
#[derive(Debug)]
pub struct UserInfo {
    pub user: UserId,
    pub claims: UserClaims,
}

impl OAuth<'_> {
    /// Returns the claims about the user of a token that its client may see.
    ///
    /// # Errors
    /// Returns `NotFound` if the realm cannot have clients, `BadToken` if the token is not accepted for any reason,
    /// `Forbidden` if it lacks the scope `openid`, as all tokens of the server's own do, and `Unavailable` if the store
    /// fails.
    pub async fn userinfo(&self, token: &str) -> Result<UserInfo> {
        self.require_on()?;
        let proof = match self.tokens.verify_for_client(self.ctx, &self.realm.name, token) {
            Ok(proof) => proof,
            Err(reason) => {
                let is_own = self.is_live_own(token).await?;
                return Err(if is_own { SCOPE_MISSING.into() } else { Error::bad_token().because(reason) });
            }
        };
        let ended = || Error::bad_token().because("session ended");
        let session = self.ports.store.session(&self.realm.name, &proof.session).await?.ok_or_else(ended)?;
        let grant = self.live_grant(&session).await?.ok_or_else(ended)?;
        if session.user != proof.user || grant.client != proof.client {
            return Err(Error::bad_token().because("another user or client than that of the session"));
        }
        let scopes = grant.scopes.within(&proof.scopes);
        if !scopes.has(OPENID) {
            return Err(SCOPE_MISSING.into());
        }
        let account = self.account(&session.user).await?.ok_or_else(ended)?;
        Ok(UserInfo { user: session.user, claims: UserClaims::of(&account, &scopes) })
    }

    /// Returns whether this is a token of the server's own whose session is live.
    async fn is_live_own(&self, token: &str) -> Result<bool> {
        let Ok(proof) = self.tokens.verify(self.ctx, &self.realm.name, token) else { return Ok(false) };
        let session = self.ports.store.session(&self.realm.name, &proof.session).await?;
        Ok(session.is_some_and(|session| session.is_live(self.ctx.now)))
    }
}
