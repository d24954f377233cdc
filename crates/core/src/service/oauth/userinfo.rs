//! `userinfo`: what the scopes of a client show of its user (OpenID Connect Core §5.3).

use super::OAuth;
use crate::{
    error::{Error, Result, catalogue::SCOPE_MISSING},
    id::UserId,
    oauth::scopes::OPENID,
    session::{Session, SessionGrant},
    token::UserClaims,
};

/// The user of a token, and what its client may see.
#[derive(Debug)]
pub struct UserInfo {
    pub user: UserId,
    pub claims: UserClaims,
}

impl OAuth<'_> {
    /// Returns what a client may see of the user of its token.
    ///
    /// # Errors
    /// Bad token; forbidden, without the scope `openid`, which tokens of the server's own do not have; unavailable.
    pub async fn userinfo(&self, token: &str) -> Result<UserInfo> {
        let proof = match self.tokens.verify_for_client(self.ctx, &self.realm.name, token) {
            Ok(proof) => proof,
            Err(reason) => {
                let is_own = self.tokens.verify(self.ctx, &self.realm.name, token).is_ok();
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

    /// Returns what the client of a session may do, if the session is live: its client exists, and so does the browser session,
    /// unless it may be gone. It is read from the store each time, so that an end is seen at once.
    pub(super) async fn live_grant(&self, session: &Session) -> Result<Option<SessionGrant>> {
        let Some(grant) = session.grant.clone().filter(|_| session.is_live(self.ctx.now)) else { return Ok(None) };
        if self.client_of(session, &grant).await?.is_none() || !self.has_parent(&grant).await? {
            return Ok(None);
        }
        Ok(Some(grant))
    }
}
