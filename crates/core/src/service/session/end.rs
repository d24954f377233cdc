//! `DELETE me/sessions`: ends the caller's sessions on every server.

use super::Sessions;
use crate::{
    audit::Event,
    batch,
    error::{Error, Result},
    factor::TrustedDevice,
    id::SessionId,
    port::{CommitError, RecordOp},
    record::Record,
    service::Owner,
};

impl Sessions<'_> {
    /// Ends a session of the caller, possibly the current one.
    ///
    /// # Errors
    /// Returns `NotFound` if the session belongs to another user, and `Unavailable` if the store fails.
    pub async fn end_own(&self, owner: &Owner, id: &str) -> Result<()> {
        let id = SessionId::parse(id).ok_or_else(Error::not_found)?;
        let session = self.ports.store.session(&self.realm.name, &id).await?;
        let user = &owner.account().id;
        if !session.is_some_and(|session| session.user == *user && session.is_live(self.ctx.now)) {
            return Err(Error::not_found());
        }
        let audit = self.audit(Event::SessionEnded).user(owner).detail("ended", id.as_str());
        match self.commit(batch![self.end_session(&id), audit]).await {
            Ok(()) => {
                tracing::info!(realm = %self.realm.name, session = %id, "session ended by its user");
                Ok(())
            }
            Err(CommitError::Failed(_)) => Err(Error::not_found()),
            Err(error) => Err(error.into()),
        }
    }

    /// Ends all sessions of the caller except the current one, and removes all trusted devices. Returns the number of
    /// ended sessions.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails.
    pub async fn end_others(&self, owner: &Owner) -> Result<usize> {
        let (user, current) = (&owner.account().id, owner.session());
        let sessions = self.ports.store.sessions_of(&self.realm.name, user).await?;
        let others = sessions.iter().filter(|session| session.id != *current && session.is_live(self.ctx.now)).count();
        let audit = self.audit(Event::SessionsEnded).user(owner).detail("number", others);
        let (realm, owner) = (self.realm.name.clone(), user.clone());
        let distrust = RecordOp::DeleteOf { realm, owner, kind: Some(TrustedDevice::KIND) };
        self.commit(batch![self.end_sessions(user, Some(current.clone())), distrust, audit]).await?;
        tracing::info!(realm = %self.realm.name, user = %user, ended = others, "other sessions ended by their user");
        Ok(others)
    }
}
