//! Sessions in the name of users: they end with the session, the grants or the account of who opened them.

use super::Scope;
use crate::{
    admin::{AdminKey, Grants, Impersonate, Right},
    audit::Event,
    batch,
    error::{Error, Result},
    id::{AdminKeyId, SessionId, UserId},
    port::Precondition,
    record::{Record, RecordKeys},
    session::{Impersonator, Session},
};

impl Scope<'_> {
    /// Returns whether a session may go on. One that was opened in the name of its user, by an administrator or key that may not act
    /// for users any more, is ended. Nothing is cached, so that this is seen at the next request to any server.
    ///
    /// # Errors
    /// Unavailable; internal, if a record does not open.
    pub(in crate::service) async fn is_backed(&self, session: &Session) -> Result<bool> {
        match &session.impersonator {
            Some(impersonator) => self.backs(impersonator, &session.id, &session.user).await,
            None => Ok(true),
        }
    }

    /// The same, of a session that is cached.
    ///
    /// # Errors
    /// Unavailable; internal, if a record does not open.
    pub(in crate::service) async fn backs(
        &self,
        impersonator: &Impersonator,
        session: &SessionId,
        user: &UserId,
    ) -> Result<bool> {
        let admins = Scope { realm: self.realms.admin()?, ..*self };
        let grants = match impersonator {
            Impersonator::Admin(admin, session) => admins.grants_in_session(admin, session).await?,
            Impersonator::Key(key) => admins.grants_of_key_named(key).await?,
        };
        if grants.is_some_and(|grants| Impersonate::is_given(&grants, &self.realm.name)) {
            return Ok(true);
        }
        let account = self.account(user).await?;
        let audit = self.audit(Event::ImpersonationEnded);
        let audit = match &account {
            Some(account) => audit.user(&**account),
            None => audit,
        };
        let audit = audit.session(session).actor(Some(impersonator));
        self.commit_unless(batch![self.end_session(session), audit], &[Precondition::SessionThere]).await?;
        tracing::info!(realm = %self.realm.name, %session, "impersonation ended with its administrator");
        Ok(false)
    }

    async fn grants_in_session(&self, admin: &UserId, session: &SessionId) -> Result<Option<Grants>> {
        let session = self.ports.store.session(&self.realm.name, session).await?;
        if !session.is_some_and(|session| session.user == *admin && session.is_live(self.ctx.now)) {
            return Ok(None);
        }
        self.current_grants(admin).await
    }

    async fn grants_of_key_named(&self, key: &AdminKeyId) -> Result<Option<Grants>> {
        let row = self.ports.store.record(&self.realm.name, AdminKey::KIND, key.as_str()).await?;
        let Some(row) = row else { return Ok(None) };
        let key = AdminKey::open(&row, RecordKeys::Realm(&self.realm.keys)).map_err(Error::internal)?;
        if key.expires_at <= self.ctx.now { Ok(None) } else { self.grants_of_key(&key).await }
    }

    /// Returns the grants of a key that its creator still holds; `None` if the key has ended with the account or the grants of
    /// its creator. A key that was made on the machine has no creator to end with.
    ///
    /// # Errors
    /// Unavailable; internal, if a record does not open.
    pub(in crate::service) async fn grants_of_key(&self, key: &AdminKey) -> Result<Option<Grants>> {
        let Some(creator) = &key.created_by else { return Ok(Some(key.grants.clone())) };
        let held = self.current_grants(creator).await?.unwrap_or_default();
        let grants = key.grants.within(&held);
        Ok((!grants.is_empty()).then_some(grants))
    }

    /// Returns the grants of an administrator; `None` if the account is gone or locked.
    async fn current_grants(&self, admin: &UserId) -> Result<Option<Grants>> {
        let user = self.ports.store.user(&self.realm.name, admin).await?;
        match user.filter(|user| !user.is_locked(self.ctx.now)) {
            Some(user) => Ok(Some(self.grants_of(&user).await?.grants)),
            None => Ok(None),
        }
    }
}
