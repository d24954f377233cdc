//! `me/step_up`: authenticates the user of a session again.

use super::Sessions;
use crate::{
    audit::Event,
    batch,
    error::{Error, Result},
    port::{CommitError, SessionOp},
    service::{Owner, RawField},
    session::{Amr, Session},
    token::{AccessToken, TokenUser},
};

impl Sessions<'_> {
    /// Verifies the current password of the caller, and returns an access token of the same session with a new time of
    /// authentication.
    ///
    /// # Errors
    /// Invalid, if the password is missing; forbidden, if it is wrong; limited; overloaded; bad token, if the session ended
    /// meanwhile; unavailable.
    pub async fn step_up(&self, owner: &Owner, current: &RawField) -> Result<AccessToken> {
        let found = self.verify_current_password(owner, current).await?;
        let ended = || Error::bad_token().because("session ended");
        let session = self.ports.store.session(&self.realm.name, owner.session()).await?.ok_or_else(ended)?;
        let session = Session { auth_time: self.ctx.now, amr: vec![Amr::Password], ..session };
        let batch = batch![SessionOp::Authenticate(session.clone()), self.audit(Event::SteppedUp).user(owner)];
        match self.commit(batch).await {
            Ok(()) => {}
            Err(CommitError::Failed(_)) => return Err(ended()),
            Err(error) => return Err(error.into()),
        }
        tracing::info!(realm = %self.realm.name, session = %session.id, "authenticated again");
        let profile = found.user.envelope.open_profile(&found.key)?;
        let ttl = self.realm.policy.access_token_ttl;
        let user = TokenUser { email: &profile.email, roles: &found.user.roles };
        self.tokens.issue(self.ctx, &session, user, ttl).map_err(Error::internal)
    }
}
