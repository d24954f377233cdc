//! Management of OpenID Connect clients.

use std::time::Duration;

use super::Administered;
use crate::{
    admin::Manage,
    audit::Event,
    batch,
    error::{
        Error, FieldError, Result,
        catalogue::{
            CLIENT_AUDIENCE, CLIENT_DECLARED, CLIENT_EXISTS, CLIENT_ID_INVALID, CLIENT_NO_SECRET, CLIENT_PUBLIC,
            CLIENTS_OFF,
        },
    },
    oauth::{
        ClientDraft, ClientId, ClientMark, ClientSecret, ClientType, MOST_SECRETS, NewClientSecret, RegisteredClient,
    },
    port::{Precondition, RecordOp},
    record::{Record, RecordKeys, RecordRow},
};

impl Administered<'_, Manage> {
    /// Returns the clients of the realm, starting with those defined in the settings.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails, and `Internal` if a client cannot be decrypted.
    pub async fn clients(&self) -> Result<Vec<RegisteredClient>> {
        self.clients_of(self.realm).await
    }

    /// Returns a client.
    ///
    /// # Errors
    /// Returns `NotFound` if it does not exist, and `Unavailable` if the store fails.
    pub async fn client_named(&self, id: &str) -> Result<RegisteredClient> {
        self.client(id).await?.ok_or_else(Error::not_found)
    }

    /// Adds a client and returns the secret of a confidential client, which is shown only once.
    ///
    /// # Errors
    /// Returns `Conflict` if the identifier is taken or clients are not supported, `Invalid` if a field is invalid,
    /// and `Unavailable` if the store fails.
    pub async fn add_client(
        &self,
        id: &str,
        draft: &ClientDraft,
    ) -> Result<(RegisteredClient, Option<NewClientSecret>)> {
        let openid = &self.realm.policy.openid;
        if !openid.is_possible {
            return Err(CLIENTS_OFF.into());
        }
        let id = ClientId::parse(id).ok_or_else(|| Error::invalid(vec![CLIENT_ID_INVALID.of("id")]))?;
        if openid.declared(&id).is_some() {
            return Err(CLIENT_DECLARED.into());
        }
        // What an earlier client of this id had is not for this one.
        let since = self.client_mark(&id).await?.map_or(self.ctx.now, |(_, mark)| self.ctx.now.max(mark.since));
        let mut client = self.checked(draft.finish(&id, None, &openid.scopes, since))?;
        let secret = client.takes_secret().then(|| NewClientSecret::random(self.ctx));
        client.secrets = secret.iter().map(|secret| ClientSecret::of(secret.expose(), self.ctx.now)).collect();
        let insert = RecordOp::Insert(self.sealed(&client, 1));
        let audit = self.audit(Event::ClientChanged).by(self.admin());
        let audit = audit.detail("client", id.as_str()).detail("change", "added");
        if !self.commit_unless(batch![insert, audit], &[Precondition::RecordFree]).await? {
            return Err(CLIENT_EXISTS.into());
        }
        tracing::info!(realm = %self.realm.name, client = %id, "client added");
        Ok((client, secret))
    }

    /// Changes fields of a client.
    ///
    /// # Errors
    /// Returns `NotFound` if it does not exist, `Conflict` if it is defined in the settings or was changed
    /// concurrently, `Invalid` if a field is invalid, and `Unavailable` if the store fails.
    pub async fn edit_client(&self, id: &str, draft: &ClientDraft) -> Result<RegisteredClient> {
        let (row, known) = self.changeable(id).await?;
        let scopes = &self.realm.policy.openid.scopes;
        let mut client = self.checked(draft.finish(&known.id, Some(&known), scopes, self.ctx.now))?;
        if !client.takes_secret() {
            client.secrets.clear();
        }
        self.replace(&row, &client, "edited").await?;
        Ok(client)
    }

    /// Generates a new secret. The previous one remains valid unless `now` is set.
    ///
    /// # Errors
    /// Returns `NotFound` if the client does not exist, `Conflict` if it is defined in the settings, is public or was
    /// changed concurrently, and `Unavailable` if the store fails.
    pub async fn rotate_client(&self, id: &str, now: bool) -> Result<(RegisteredClient, NewClientSecret)> {
        let (row, mut client) = self.changeable(id).await?;
        if client.client_type == ClientType::Public {
            return Err(CLIENT_PUBLIC.into());
        }
        if !client.takes_secret() {
            return Err(CLIENT_NO_SECRET.into());
        }
        let secret = NewClientSecret::random(self.ctx);
        client.secrets.insert(0, ClientSecret::of(secret.expose(), self.ctx.now));
        client.secrets.truncate(if now { 1 } else { MOST_SECRETS });
        self.replace(&row, &client, "rotated").await?;
        Ok((client, secret))
    }

    /// Removes a client. Its tokens are refused from then on, also if its id is used again.
    ///
    /// # Errors
    /// Returns `NotFound` if it does not exist, `Conflict` if it is defined in the settings, and `Unavailable` if the
    /// store fails.
    pub async fn remove_client(&self, id: &str) -> Result<()> {
        let (row, client) = self.changeable(id).await?;
        let (realm, key) = (row.realm, row.key);
        let delete = RecordOp::Delete { realm, kind: RegisteredClient::KIND, key, revision: None };
        let audit = self.audit(Event::ClientChanged).by(self.admin());
        let audit = audit.detail("client", client.id.as_str()).detail("change", "removed");
        let known = self.client_mark(&client.id).await?.map(|(row, _)| row);
        let since = self.ctx.now.plus(Duration::from_millis(1));
        let mark = self.put_mark(known.as_ref(), &ClientMark { id: client.id.clone(), since, is_declared: false });
        if !self.commit_unless(batch![delete, mark, audit], &[Precondition::RecordRevision]).await? {
            return Err(Error::not_found());
        }
        tracing::info!(realm = %self.realm.name, client = %client.id, "client removed");
        Ok(())
    }

    async fn changeable(&self, id: &str) -> Result<(RecordRow, RegisteredClient)> {
        let id = ClientId::parse(id).ok_or_else(Error::not_found)?;
        if self.realm.policy.openid.declared(&id).is_some() {
            return Err(CLIENT_DECLARED.into());
        }
        self.stored_client(&id).await?.ok_or_else(Error::not_found)
    }

    fn checked(&self, read: Result<RegisteredClient, Vec<FieldError>>) -> Result<RegisteredClient> {
        let client = read.map_err(Error::invalid)?;
        if self.realm.policy.openid.first_party_only && !client.first_party {
            return Err(Error::invalid(vec![CLIENT_AUDIENCE.of("first_party")]));
        }
        Ok(client)
    }

    async fn replace(&self, row: &RecordRow, client: &RegisteredClient, change: &'static str) -> Result<()> {
        let replace = RecordOp::Replace(self.sealed(client, row.revision + 1));
        let audit = self.audit(Event::ClientChanged).by(self.admin());
        let audit = audit.detail("client", client.id.as_str()).detail("change", change);
        self.commit(batch![replace, audit]).await?;
        tracing::info!(realm = %self.realm.name, client = %client.id, change, "client changed");
        Ok(())
    }

    fn sealed(&self, client: &RegisteredClient, revision: u64) -> RecordRow {
        let row = client.seal(self.ctx, &self.realm.name, RecordKeys::Realm(&self.realm.keys));
        RecordRow { revision, ..row }
    }
}
