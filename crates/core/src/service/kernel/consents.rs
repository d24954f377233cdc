//! Consents of a user to third-party clients.

use super::Scope;
use crate::{
    account::User,
    clock::Timestamp,
    error::{Error, Result},
    oauth::{ClientId, Consent, Scopes},
    record::{Record, RecordKeys},
};

/// Permissions that a user gave to a client, with the client's name.
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

impl Scope<'_> {
    /// Returns the consents of a user to clients that exist, newest first.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails, and `Internal` if a record cannot be decrypted.
    pub(in crate::service) async fn listed_grants(&self, user: &User) -> Result<Vec<ListedGrant>> {
        let key = user.envelope.key(&self.realm.keys, &user.id)?;
        let rows = self.ports.store.records_of(&self.realm.name, &user.id, Some(Consent::KIND)).await?;
        let mut grants = Vec::new();
        for row in &rows {
            let consent = Consent::open(row, RecordKeys::Owner(&key)).map_err(Error::internal)?;
            let client = self.client(consent.client.as_str()).await?;
            // First-party clients need no consent. A consent to an earlier client of this id permits nothing.
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
}
