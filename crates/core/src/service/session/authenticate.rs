//! Authentication of requests by access tokens.

use super::Sessions;
use crate::{
    error::{Error, Result},
    port::SessionStatus,
    service::Owner,
    token::Proof,
};

impl Sessions<'_> {
    /// Verifies signature, claims and time, then that the session is live and the user exists. The caches usually know
    /// both; otherwise they are read from the store. Without the store the token is not accepted.
    ///
    /// # Errors
    /// Bad token, for every reason; unavailable.
    pub async fn authenticate(&self, token: &str) -> Result<Owner> {
        let proof = self.tokens.verify(self.ctx, &self.realm.name, token);
        let proof = proof.map_err(|reason| Error::bad_token().because(reason))?;
        self.require_live(&proof).await?;
        let account = self.account(&proof.user).await?;
        let account = account.ok_or_else(|| Error::bad_token().because("the user does not exist"))?;
        Ok(Owner::new(account, proof.session, proof.auth_time))
    }

    async fn require_live(&self, proof: &Proof) -> Result<()> {
        let ended = || Error::bad_token().because("session ended");
        let (sessions, realm) = (&self.ports.sessions, &self.realm.name);
        match sessions.status(realm, &proof.session, &proof.user, self.ctx.now) {
            SessionStatus::Live => Ok(()),
            SessionStatus::Revoked => Err(ended()),
            SessionStatus::Unknown => {
                let generation = sessions.generation();
                let session = self.ports.store.session(realm, &proof.session).await?.ok_or_else(ended)?;
                if session.user != proof.user || session.expires_at <= self.ctx.now {
                    return Err(ended());
                }
                sessions.mark_live(realm, &proof.session, &proof.user, generation);
                Ok(())
            }
        }
    }
}
