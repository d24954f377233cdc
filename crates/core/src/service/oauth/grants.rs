//! `me/grants`: consents of users to third-party clients, and their withdrawal.

use super::OAuth;
use crate::{
    account::User,
    audit::Event,
    error::{Error, Result},
    oauth::ClientId,
    port::{Batch, Precondition, RecordOp},
    service::{
        ListedGrant, Owner, Viewer,
        kernel::{ATTEMPTS, retry},
    },
};

impl OAuth<'_> {
    /// Returns the consents of a user to clients that exist, newest first.
    ///
    /// # Errors
    /// Returns `NotFound` if the realm cannot have clients, `BadToken` if the account was deleted in the meantime,
    /// `Unavailable` if the store fails, and `Internal` if a record cannot be decrypted.
    pub async fn grants(&self, viewer: &Viewer) -> Result<Vec<ListedGrant>> {
        self.require_on()?;
        let user = self.user_of_account(viewer.account()).await?;
        self.listed_grants(&user).await
    }

    /// Withdraws the consent of a user to a client, and ends the sessions of the client at the account.
    ///
    /// # Errors
    /// Returns `NotFound` if there is none, `BadToken` if the account was deleted in the meantime, and `Unavailable` if
    /// the store fails.
    pub async fn withdraw(&self, owner: &Owner, client: &str) -> Result<()> {
        self.require_on()?;
        let client = ClientId::parse(client).ok_or_else(Error::not_found)?;
        retry(ATTEMPTS, "the sessions of a client kept changing", |_| self.withdraw_once(owner, &client)).await
    }

    /// Withdraws a consent. Returns `None` if one of the sessions ended in the meantime.
    async fn withdraw_once(&self, owner: &Owner, client: &ClientId) -> Result<Option<()>> {
        let user: User = self.user_of_account(owner.account()).await?;
        let key = user.envelope.key(&self.realm.keys, &user.id)?;
        let found = self.consent_record(&user.id, client, &key).await?;
        let (row, _) = found.ok_or_else(Error::not_found)?;
        let sessions = self.ports.store.sessions_of(&self.realm.name, &user.id).await?;
        let of_client = sessions.iter().filter(|one| one.grant.as_ref().is_some_and(|grant| grant.client == *client));
        let mut batch: Batch = of_client.map(|session| self.end_session(&session.id)).collect();
        let (realm, kind, key) = (row.realm, row.kind, row.key);
        batch.push(RecordOp::Delete { realm, kind, key, revision: Some(row.revision) }.into());
        batch.push(self.audit(Event::ConsentWithdrawn).user(owner).detail("client", client.as_str()).into());
        let lost = [Precondition::SessionThere, Precondition::RecordRevision];
        let is_done = self.commit_unless(batch, &lost).await?;
        if is_done {
            tracing::info!(realm = %self.realm.name, user = %user.id, client = %client, "consent withdrawn");
        }
        Ok(is_done.then_some(()))
    }
}
