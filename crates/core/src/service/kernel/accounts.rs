//! Shared functions for accounts and sessions: cached accounts, and operations that end sessions.

use std::sync::Arc;

use super::Scope;
use crate::{
    account::{Account, PendingEmail, User},
    clock::Timestamp,
    error::{Error, Result},
    id::{ClientId, SessionId, UserId},
    port::{Op, SessionOp},
    record::{Record, RecordKeys, RecordRow},
    session::{Revocation, SessionKind},
    token::CLOCK_SKEW,
};

impl Scope<'_> {
    /// Returns an account, from the cache if possible.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails, and `Internal` if it cannot be decrypted.
    pub(in crate::service) async fn account(&self, id: &UserId) -> Result<Option<Arc<Account>>> {
        let accounts = &self.ports.accounts;
        if let Some(account) = accounts.get(&self.realm.name, id, self.ctx.now) {
            return Ok(Some(account));
        }
        let generation = accounts.generation();
        let account = match self.copied_account(id).await {
            Some(account) => account,
            None => {
                let position = self.copy_position();
                let Some(user) = self.ports.store.user(&self.realm.name, id).await? else { return Ok(None) };
                let account = Arc::new(self.account_of(&user).await?);
                self.share_account(&account, position).await;
                account
            }
        };
        accounts.insert(&self.realm.name, Arc::clone(&account), generation);
        Ok(Some(account))
    }

    /// Opens an account, including its pending email address change.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails, and `Internal` if it cannot be decrypted.
    pub(in crate::service) async fn account_of(&self, user: &User) -> Result<Account> {
        let pending_email = self.pending_email(user).await?.map(|(_, pending)| pending);
        Ok(Account { pending_email, ..user.account(&self.realm.keys)? })
    }

    /// Returns the pending email address change with its record.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails, and `Internal` if it cannot be decrypted.
    pub(in crate::service) async fn pending_email(&self, user: &User) -> Result<Option<(RecordRow, PendingEmail)>> {
        let row = self.ports.store.record(&self.realm.name, PendingEmail::KIND, user.id.as_str()).await?;
        let Some(row) = row.filter(|row| row.expires_at.is_none_or(|at| at > self.ctx.now)) else { return Ok(None) };
        let key = user.envelope.key(&self.realm.keys, &user.id)?;
        let pending = PendingEmail::open(&row, RecordKeys::Owner(&key)).map_err(Error::internal)?;
        Ok(Some((row, pending)))
    }

    /// Returns the operation that ends a session.
    pub(in crate::service) fn end_session(&self, session: &SessionId) -> Op {
        let expires_at = self.last_token_expires();
        SessionOp::End(Revocation { realm: self.realm.name.clone(), session: session.clone(), expires_at }).into()
    }

    /// Returns the operation that ends all sessions of a user, except one if given.
    pub(in crate::service) fn end_sessions(&self, user: &UserId, except: Option<SessionId>) -> Op {
        let (realm, expires_at) = (self.realm.name.clone(), self.last_token_expires());
        SessionOp::EndAll { realm, user: user.clone(), except, expires_at }.into()
    }

    /// Returns the operation that ends sessions of a kind of a user, and of one client if it is that of clients, beyond
    /// the most that the realm allows, but not this one.
    pub(in crate::service) fn end_surplus_sessions(
        &self,
        user: &UserId,
        (kind, client): (SessionKind, Option<&ClientId>),
        newest: &SessionId,
    ) -> Op {
        SessionOp::EndSurplus {
            realm: self.realm.name.clone(),
            user: user.clone(),
            kind,
            client: client.cloned(),
            newest: newest.clone(),
            most: self.realm.policy.sessions_max,
            now: self.ctx.now,
            expires_at: self.last_token_expires(),
        }
        .into()
    }

    /// Returns the time at which all existing access tokens have expired.
    fn last_token_expires(&self) -> Timestamp {
        self.ctx.now.plus(self.realm.policy.access_token_ttl).plus(CLOCK_SKEW)
    }
}
