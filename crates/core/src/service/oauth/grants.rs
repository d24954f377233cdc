//! `me/grants`: what users let clients of others do, and its end.

use super::OAuth;
use crate::{
    account::User,
    audit::Event,
    clock::Timestamp,
    error::{Error, Result},
    oauth::{ClientId, Consent, Scopes},
    port::{Batch, Precondition, RecordOp},
    record::{Record, RecordKeys, RecordKind},
    service::{
        Owner, Viewer,
        kernel::{ATTEMPTS, retry},
    },
};

/// What a user lets a client do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedGrant {
    pub client: ClientId,
    pub name: String,
    /// Host of its first redirect URI.
    pub host: String,
    pub scopes: Scopes,
    pub created_at: Timestamp,
    pub last_used_at: Timestamp,
}

impl OAuth<'_> {
    /// Returns the consents of a user to clients that exist, newest first.
    ///
    /// # Errors
    /// Not found, where there can be no clients; bad token, if the account was deleted meanwhile; unavailable; internal, if a record does not open.
    pub async fn grants(&self, viewer: &Viewer) -> Result<Vec<ListedGrant>> {
        self.require_on()?;
        let user = self.user_of_account(viewer.account()).await?;
        let key = user.envelope.key(&self.realm.keys, &user.id)?;
        let rows = self.ports.store.records_of(&self.realm.name, &user.id, Some(RecordKind::Grant)).await?;
        let mut grants = Vec::new();
        for row in &rows {
            let consent = Consent::open(row, RecordKeys::Owner(&key)).map_err(Error::internal)?;
            let client = self.client(consent.client.as_str()).await?;
            // Clients of the operator need none; one of an earlier client of this name opens nothing.
            let Some(client) = client.filter(|client| !client.first_party && consent.created_at >= client.created_at)
            else {
                continue;
            };
            let scopes = self.admitted_scopes(&client, &consent.scopes);
            let host = client.redirect_uris.first().map(|uri| uri.host().to_owned()).unwrap_or_default();
            let Consent { created_at, last_used_at, .. } = consent;
            grants.push(ListedGrant { client: client.id, name: client.name, host, scopes, created_at, last_used_at });
        }
        grants.sort_by(|one, other| (other.created_at, &one.client).cmp(&(one.created_at, &other.client)));
        Ok(grants)
    }

    /// Withdraws the consent of a user to a client, and ends the sessions of the client at the account.
    ///
    /// # Errors
    /// Not found, if there is none; bad token, if the account was deleted meanwhile; unavailable.
    pub async fn withdraw(&self, owner: &Owner, client: &str) -> Result<()> {
        self.require_on()?;
        let client = ClientId::parse(client).ok_or_else(Error::not_found)?;
        retry(ATTEMPTS, "the sessions of a client kept changing", |_| self.withdraw_once(owner, &client)).await
    }

    /// Withdraws a consent; `None` if one of the sessions ended meanwhile.
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
