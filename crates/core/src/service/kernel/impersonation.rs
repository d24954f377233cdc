//! Impersonation sessions. They end with the session, the grants or the account of the impersonator.

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
    /// Returns whether a session may continue. An impersonation session is ended if its administrator or API key may
    /// no longer impersonate users. Nothing is cached, so that this takes effect with the next request to any server.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails, and `Internal` if a record cannot be decrypted.
    pub(in crate::service) async fn is_backed(&self, session: &Session) -> Result<bool> {
        match &session.impersonator {
            Some(impersonator) => self.backs(impersonator, &session.id, &session.user).await,
            None => Ok(true),
        }
    }

    /// Returns whether a cached session may continue.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails, and `Internal` if a record cannot be decrypted.
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
        tracing::info!(realm = %self.realm.name, %session, "impersonation ended, administrator no longer authorized");
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

    /// Returns the grants of an API key that its creator still has. Returns `None` if the key is no longer valid
    /// because its creator lost the account or all grants. A key created on the command line has no creator.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails, and `Internal` if a record cannot be decrypted.
    pub(in crate::service) async fn grants_of_key(&self, key: &AdminKey) -> Result<Option<Grants>> {
        let Some(creator) = &key.created_by else { return Ok(Some(key.grants.clone())) };
        let held = self.current_grants(creator).await?.unwrap_or_default();
        let grants = key.grants.within(&held);
        Ok((!grants.is_empty()).then_some(grants))
    }

    /// Returns the current grants of an administrator. Returns `None` if the account is deleted or locked.
    async fn current_grants(&self, admin: &UserId) -> Result<Option<Grants>> {
        let user = self.ports.store.user(&self.realm.name, admin).await?;
        match user.filter(|user| !user.is_locked(self.ctx.now)) {
            Some(user) => Ok(Some(self.grants_of(&user).await?.grants)),
            None => Ok(None),
        }
    }
}
