//! Authentication of requests with access tokens.

use super::Sessions;
use crate::{
    audit::Event,
    clock::Timestamp,
    error::{Error, Result, catalogue::IMPERSONATED},
    oauth::scopes::ACCOUNT,
    port::SessionStatus,
    service::{Owner, Viewer, kernel::Authentication},
    session::{Assurance, Impersonator, SessionKind},
    token::Proof,
};

impl Sessions<'_> {
    /// Verifies signature, claims and time of a token of the server's own, or of a client with the scope of the
    /// account, then that the session is live and the user exists. The caches usually contain both; otherwise they are
    /// read from the store. If the store is unavailable, the token is rejected. The authentication time is taken from
    /// the session, not from the token. The impersonator in the token must match the session and must still have the
    /// right to impersonate.
    ///
    /// # Errors
    /// Returns `BadToken` if the token is invalid for any reason, and `Unavailable` if the store fails.
    pub async fn authenticate(&self, token: &str) -> Result<Viewer> {
        let proof = match self.tokens.verify(self.ctx, &self.realm.name, token) {
            Ok(proof) => proof,
            Err(reason) => {
                let viewer = self.viewer_of_client(token).await?;
                return viewer.ok_or_else(|| Error::bad_token().because(reason));
            }
        };
        let (auth_time, assurance, impersonator) = self.require_live(&proof).await?;
        if impersonator.as_ref().map(Impersonator::subject) != proof.actor {
            return Err(Error::bad_token().because("the actor does not match the session's actor"));
        }
        if let Some(impersonator) = &impersonator
            && !self.backs(impersonator, &proof.session, &proof.user).await?
        {
            return Err(Error::bad_token().because("the administrator may not act for users any more"));
        }
        let account = self.account(&proof.user).await?;
        let account = account.ok_or_else(|| Error::bad_token().because("the user does not exist"))?;
        let needs_two = self.needs_two_steps(account.two_step);
        let authentication = Authentication { at: auth_time, assurance, needs_two };
        Ok(Viewer::new(Owner::new(account, proof.session, authentication), impersonator))
    }

    /// Returns the authority of a token of a client that may use the account itself, which only clients of the operator
    /// may; `None` for every other token.
    async fn viewer_of_client(&self, token: &str) -> Result<Option<Viewer>> {
        let Ok(proof) = self.tokens.verify_for_client(self.ctx, &self.realm.name, token) else { return Ok(None) };
        if !proof.scopes.has(ACCOUNT) {
            return Ok(None);
        }
        let session = self.ports.store.session(&self.realm.name, &proof.session).await?;
        let Some(session) = session.filter(|session| session.user == proof.user) else { return Ok(None) };
        let grant = self.live_grant(&session).await?;
        if !grant.is_some_and(|grant| grant.client == proof.client && grant.scopes.has(ACCOUNT)) {
            return Ok(None);
        }
        let Some(account) = self.account(&session.user).await? else { return Ok(None) };
        let needs_two = self.needs_two_steps(account.two_step);
        let authentication = Authentication { at: session.auth_time, assurance: session.assurance(), needs_two };
        let owner = Owner::new(account, session.id, authentication).with_scopes(proof.scopes);
        Ok(Some(Viewer::new(owner, None).with_client(proof.client)))
    }

    /// Returns the authority to change the account.
    ///
    /// # Errors
    /// Returns `Forbidden` for an impersonation session, and `Unavailable` if the store fails.
    pub async fn require_owner(&self, viewer: Viewer) -> Result<Owner> {
        let audit = self.audit(Event::ImpersonationRefused).user(&viewer);
        if let Some(owner) = viewer.into_owner() {
            return Ok(owner);
        }
        self.commit(self.refused(audit).into_iter().collect()).await?;
        Err(IMPERSONATED.into())
    }

    /// Returns time and assurance of the session's last authentication and its impersonator, if the session is live
    /// and belongs to the user of the token.
    async fn require_live(&self, proof: &Proof) -> Result<(Timestamp, Assurance, Option<Impersonator>)> {
        let ended = || Error::bad_token().because("session ended");
        let (sessions, realm) = (&self.ports.sessions, &self.realm.name);
        match sessions.status(realm, &proof.session, &proof.user, self.ctx.now) {
            SessionStatus::Live { auth_time, assurance, impersonator } => Ok((auth_time, assurance, impersonator)),
            SessionStatus::Revoked => Err(ended()),
            SessionStatus::Unknown => {
                let generation = sessions.generation();
                let session = self.ports.store.session(realm, &proof.session).await?.ok_or_else(ended)?;
                if session.user != proof.user || session.kind != SessionKind::Api || session.expires_at <= self.ctx.now
                {
                    return Err(ended());
                }
                sessions.mark_live(&session, generation);
                Ok((session.auth_time, session.assurance(), session.impersonator))
            }
        }
    }
}
